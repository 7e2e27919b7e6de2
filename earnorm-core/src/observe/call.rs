//! A public call.

use std::panic::Location;

use super::source::Source;
use crate::schema::ModelMetadata;

/// A public call: what it does, and the line that makes it.
///
/// Each method that sends commands makes one, and runs its future with it. The method is `#[track_caller]`, so that the line
/// is that of the user.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Call {
    pub(super) location: &'static Location<'static>,
    pub(super) model: &'static str,
    pub(super) relation: Option<&'static str>,
    pub(super) operation: &'static str,
    /// The document whose relation it reads.
    pub(super) source: Option<Source>,
}

impl Call {
    /// A call on a model.
    #[track_caller]
    pub(crate) fn of(model: &'static ModelMetadata, operation: &'static str) -> Self {
        Self::named(model.name, operation)
    }

    /// A call that isn't one of a single model.
    #[track_caller]
    pub(crate) const fn named(model: &'static str, operation: &'static str) -> Self {
        Self { location: Location::caller(), model, relation: None, operation, source: None }
    }

    /// A call on a relation of a model or of an embedded document: one that writes, or that loads for many documents.
    #[track_caller]
    pub(crate) fn on(table: &'static ModelMetadata, relation: &'static str, operation: &'static str) -> Self {
        Self { relation: Some(relation), ..Self::of(table, operation) }
    }

    /// A call that reads a relation of one document.
    #[track_caller]
    pub(crate) fn reads(source: Source, operation: &'static str) -> Self {
        Self { source: Some(source), ..Self::on(source.table, source.relation, operation) }
    }
}
