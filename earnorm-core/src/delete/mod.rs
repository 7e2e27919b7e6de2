//! Deleting documents that nothing depends on.

use std::fmt;

use mongodb::bson::Document;
use mongodb::options::DeleteOptions;

use crate::schema::{KeyHolder, ModelMetadata, OnDelete, RelationKind, RelationMetadata, models};
use crate::store::{self, Exec};
use crate::{Error, Model, Result};

/// What a delete did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeleteReport {
    model: &'static str,
    deleted: u64,
}

impl DeleteReport {
    pub(crate) fn of<M: Model>(deleted: u64) -> Self {
        Self { model: M::METADATA.name, deleted }
    }

    /// How many documents were deleted.
    pub fn deleted(&self) -> u64 {
        self.deleted
    }
}

impl fmt::Display for DeleteReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} `{}` deleted", self.deleted, self.model)
    }
}

/// Deletes documents that hold a broken reference; gives how many there were. Rules aren't acted on yet.
pub(crate) async fn holders(exec: Exec<'_>, holder: &'static ModelMetadata, filter: Document) -> Result<u64> {
    Ok(store::delete_many(exec, holder.collection, filter, DeleteOptions::default()).await?.deleted_count)
}

/// Refuses to delete documents of `M` where something else would have to happen with them.
pub(crate) fn check<M: Model>() -> Result<()> {
    let model = M::METADATA;
    let what = if model.config.hooks {
        "a delete with hooks".to_owned()
    } else if let Some((source, relation)) = models().find_map(|source| acting(source, model)) {
        format!("a delete that the relation `{}` of `{}` has a say in", relation.name, source.name)
    } else {
        return Ok(());
    };
    Err(Error::Unsupported { model: model.name, what })
}

/// A relation of `source` that says what happens when a document of `model` is deleted.
///
/// Models are told apart by their collections: a rule holds for the documents, whichever struct reads them.
fn acting<'a>(source: &'a ModelMetadata, model: &ModelMetadata) -> Option<(&'a ModelMetadata, &'a RelationMetadata)> {
    let acts = |relation: &&RelationMetadata| {
        let target = (relation.target)();
        let concerned = if relation.kind == RelationKind::ManyToMany {
            source.collection == model.collection || target.collection == model.collection
        } else {
            parent(source, target, relation).collection == model.collection
        };
        let rule = relation.config;
        let ruled = if rule.on_delete_written {
            rule.on_delete != OnDelete::NoAction
        } else {
            relation.kind == RelationKind::ManyToMany
        };
        concerned && ruled
    };
    source.relations.iter().copied().find(acts).map(|relation| (source, relation))
}

/// The model that the key refers to.
fn parent<'a>(source: &'a ModelMetadata, target: &'a ModelMetadata, relation: &RelationMetadata) -> &'a ModelMetadata {
    match relation.holder {
        KeyHolder::Source => target,
        KeyHolder::Target | KeyHolder::Through => source,
    }
}
