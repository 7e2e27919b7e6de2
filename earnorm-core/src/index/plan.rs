//! Plans indexes: those that models declare and their relations need, each once. Nothing here sends a command.

use super::declared::declared_indexes;
use super::needed::NeededIndex;
use super::relations::relation_indexes;
use crate::Result;
use crate::schema::ModelMetadata;

/// The indexes that `models` declare and their relations need, without duplicates and without those that another one covers.
pub(super) fn needed_by(models: impl Iterator<Item = &'static ModelMetadata>) -> Result<Vec<NeededIndex>> {
    let mut all: Vec<NeededIndex> = Vec::new();
    // an enum of models has those of its models
    let with_kinds = models.flat_map(|model| std::iter::once(model).chain(model.config.kinds.iter().copied()));
    for model in with_kinds {
        let of_relations = model.all_relations().flat_map(|relation| relation_indexes(model, relation));
        for index in of_relations.chain(declared_indexes(model)?) {
            // of two equal ones, the declared one is kept
            let is_instead =
                |other: &NeededIndex| index.declared.is_some() && other.declared.is_none() && index.covers(other);
            if !all.iter().any(|other| other.covers(&index) && !is_instead(other)) {
                all.retain(|other| !index.covers(other));
                all.push(index);
            }
        }
    }
    Ok(all)
}

/// Groups indexes by collection.
pub(super) fn by_collection(indexes: Vec<NeededIndex>) -> Vec<(&'static str, Vec<NeededIndex>)> {
    let mut collections: Vec<(&'static str, Vec<NeededIndex>)> = Vec::new();
    for index in indexes {
        match collections.iter_mut().find(|(collection, _)| *collection == index.collection) {
            Some((_, group)) => group.push(index),
            None => collections.push((index.collection, vec![index])),
        }
    }
    collections
}
