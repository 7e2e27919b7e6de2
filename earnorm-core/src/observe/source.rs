//! The document whose relation a call reads.

use std::hash::{DefaultHasher, Hasher};

use super::running::is_running;
use crate::embedded::Record;
use crate::schema::{ModelMetadata, RelationKind, RelationMetadata};

/// The document whose relation a call reads, and the relation.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Source {
    /// The model or the embedded document that declares the relation.
    pub(super) table: &'static ModelMetadata,
    pub(super) relation: &'static str,
    /// Whether the relation leads to any number of documents.
    pub(super) many: bool,
    /// Distinguishes the documents. `None` if nobody observed anything when the handle was made.
    pub(super) parent: Option<u64>,
}

impl Source {
    /// A relation of this document. The number that distinguishes documents is only computed while something is observed.
    pub(crate) fn new<S: Record>(source: &S, relation: &RelationMetadata) -> Self {
        let parent = is_running().then(|| {
            let mut hasher = DefaultHasher::new();
            source.hash_id(&mut hasher);
            hasher.finish()
        });
        let many = matches!(relation.kind, RelationKind::OneToMany | RelationKind::ManyToMany);
        Self { table: S::TABLE, relation: relation.name, many, parent }
    }
}
