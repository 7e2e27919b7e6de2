//! Which keys the linked models declare. Pure: nothing is sent here.

use std::sync::LazyLock;

use mongodb::bson::{Bson, Document, RawBsonRef, RawDocument, doc};

use super::declared::{DeclaredKey, KeyShape, keys};
use crate::bson;
use crate::schema::{self, FieldMetadata, KeyHolder, ModelMetadata, RelationKind, RelationMetadata, Stored, models};
use crate::{Error, Result};

/// A field of a collection's documents that holds ids of another's.
///
/// Models are told apart by their collections: two structs that read one collection have its keys in common.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reference {
    pub(crate) holder: &'static ModelMetadata,
    /// The key's stored name.
    pub(crate) field: &'static str,
    pub(crate) shape: KeyShape,
    pub(crate) parent: &'static ModelMetadata,
    pub(crate) stored: Stored,
    /// Whether the key can be empty, for every model that reads the collection.
    pub(crate) nullable: bool,
    /// The counter of the parents that checked writes of their children increment.
    pub(crate) guard: Option<&'static str>,
}

/// A key by which each parent may have one document: that of a one-to-one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    pub(crate) reference: &'static Reference,
    /// Among which documents, where not all.
    pub(crate) filter: Option<fn() -> Document>,
}

/// Every declared key, once for each collection that it is in and each that it refers to.
pub(crate) fn references() -> &'static [Reference] {
    static ALL: LazyLock<Vec<Reference>> = LazyLock::new(find_references);
    &ALL
}

/// The keys in the documents of a collection.
pub(crate) fn references_in(collection: &str) -> impl Iterator<Item = &'static Reference> {
    references().iter().filter(move |reference| reference.holder.collection == collection)
}

fn find_references() -> Vec<Reference> {
    let mut all: Vec<Reference> =
        relations().flat_map(|(model, relation)| keys(model, relation).map(Reference::new)).collect();
    // where one relation takes a key for a field and another for an end, it is an end
    all.sort_by_key(|r| (r.place(), std::cmp::Reverse(r.shape)));
    all.dedup_by(|a, b| a.place() == b.place());
    all
}

fn relations() -> impl Iterator<Item = (&'static ModelMetadata, &'static RelationMetadata)> {
    models().flat_map(|model| model.relations.iter().map(move |relation| (model, *relation)))
}

impl Reference {
    fn new(key: DeclaredKey) -> Self {
        let DeclaredKey { holder, field, shape, parent, stored } = key;
        let nullable = fields(holder, field).all(|field| field.nullable);
        let mut parents = models().filter(|model| model.collection == parent.collection);
        let guard = parents.find_map(|model| model.config.guard);
        Self { holder, field, shape, parent, stored, nullable, guard }
    }

    pub(crate) fn place(&self) -> (&'static str, &'static str, &'static str) {
        (self.holder.collection, self.field, self.parent.collection)
    }

    /// What is written to empty the key; `None` for one that is required.
    pub(crate) fn unlinked(&self) -> Option<Document> {
        if self.shape == KeyShape::Array {
            return Some(doc! { "$set": { self.field: [] } });
        }
        (self.nullable && self.field != "_id").then(|| schema::emptied(self.field, self.holder))
    }
}

/// A field as each model has it that reads the collection.
fn fields(holder: &ModelMetadata, field: &str) -> impl Iterator<Item = &'static FieldMetadata> {
    models().filter(move |model| model.collection == holder.collection).filter_map(move |model| model.field(field))
}

/// The places of all one-to-one relations. One without a filter leaves none for those with one.
pub(crate) fn places() -> &'static [Place] {
    static ALL: LazyLock<Vec<Place>> = LazyLock::new(find_places);
    &ALL
}

fn find_places() -> Vec<Place> {
    let mut all: Vec<Place> = Vec::new();
    for (source, relation) in relations().filter(|(_, relation)| relation.kind == RelationKind::OneToOne) {
        let mut places = keys(source, relation).map(|key| Reference::new(key).place());
        let Some(reference) = places.find_map(|place| references().iter().find(|r| r.place() == place)) else {
            continue;
        };
        // on the key's own side, the filter says which parents belong to the relation, and not which documents do
        let place = Place { reference, filter: relation.filter.filter(|_| relation.holder == KeyHolder::Target) };
        if !all.iter().any(|other| other.covers(&place)) {
            all.retain(|other| !place.covers(other));
            all.push(place);
        }
    }
    all.sort_by_key(|place| (place.reference.place(), place.condition().to_string()));
    all
}

impl Place {
    pub(crate) fn condition(&self) -> Document {
        self.filter.map_or_else(Document::new, |filter| filter())
    }

    fn covers(&self, other: &Self) -> bool {
        let same = self.reference.place() == other.reference.place();
        same && (self.filter.is_none() || self.condition() == other.condition())
    }
}

impl Reference {
    /// Calls `each` with every id that a document holds under this key, and whether it is one of an array.
    ///
    /// A null is none. An array where there should be none is taken for one id: it can't be anyone's.
    pub(crate) fn each_id(&self, document: &RawDocument, mut each: impl FnMut(Bson, bool)) -> Result<()> {
        let owned = |value| bson::owned(value).map_err(Error::other);
        match document.get(self.field).map_err(mongodb::error::Error::from)? {
            None | Some(RawBsonRef::Null) => {}
            Some(RawBsonRef::Array(ids)) if self.shape == KeyShape::Array => {
                for id in ids {
                    match id.map_err(mongodb::error::Error::from)? {
                        RawBsonRef::Null => {}
                        id => each(owned(id)?, true),
                    }
                }
            }
            Some(id) => each(owned(id)?, false),
        }
        Ok(())
    }
}
