//! Collects the keys that the linked models declare. Nothing here sends a command.

use std::sync::LazyLock;

use mongodb::bson::{Bson, Document, RawBsonRef, RawDocument};

use super::rules::unlink_elements;
use crate::bson;
use crate::field::{each_value, raw_value};
use crate::schema::{
    DeclaredKey, Documents, FieldMetadata, KeyPath, KeyShape, KeyTag, ModelMetadata, RelationKind, RelationMetadata,
    Stored, models,
};
use crate::store::{Change, among};
use crate::{Error, Result};

/// A key of a collection: a field that refers to another collection, or to the same one.
///
/// Two structs that read the same collection share its keys.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reference {
    pub(crate) holder: &'static ModelMetadata,
    /// The key's stored name.
    pub(crate) field: &'static str,
    pub(crate) path: KeyPath,
    pub(crate) shape: KeyShape,
    pub(crate) parent: &'static ModelMetadata,
    /// The documents that the key may refer to. These are more than those of `parent` if relations to several kinds of
    /// one collection have the key in common.
    pub(crate) parents: Documents,
    /// The tag beside the key, if it can refer to several models.
    pub(crate) tag: Option<KeyTag>,
    pub(crate) stored: Stored,
    /// Whether every model of the holder's documents allows the key to be null.
    pub(crate) nullable: bool,
}

/// The documents with a key, its field, the documents that it refers to, and its tag if it can refer to several models.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct KeyLocation {
    pub(crate) holder: Documents,
    pub(crate) field: &'static str,
    pub(crate) parent: Documents,
    pub(crate) tag: &'static str,
}

/// The key of a one-to-one relation: each parent may have one document with it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct UniqueKey {
    pub(crate) reference: &'static Reference,
    /// The documents with the key.
    pub(crate) holder: Documents,
    /// Which documents this applies to; `None` for all.
    pub(crate) filter: Option<fn() -> Document>,
}

/// All declared keys. A key is listed once for each pair of models that it connects.
pub(crate) fn references() -> &'static [Reference] {
    static ALL: LazyLock<Vec<Reference>> = LazyLock::new(find_references);
    &ALL
}

/// The keys that documents of a model may have.
pub(crate) fn references_in(documents: Documents) -> impl Iterator<Item = &'static Reference> {
    references().iter().filter(move |reference| reference.holder.documents().overlaps(documents))
}

fn find_references() -> Vec<Reference> {
    let hops = relations().flat_map(|(model, relation)| relation.hops(model).flatten());
    let mut all: Vec<Reference> = hops.map(|hop| Reference::new(hop.key)).collect();
    // if relations disagree on the shape of a key, the last one counts: `End` before the others
    all.sort_by_key(|r| (r.location(), std::cmp::Reverse(r.shape)));
    all.dedup_by(|a, b| a.location() == b.location());
    for one in 0..all.len() {
        let beside = |other: &Reference| {
            let holders = other.holder.documents().overlaps(all[one].holder.documents());
            holders && all[one].is_same_key(other) && other.parents.tag != all[one].parents.tag
        };
        // the key refers to documents of several kinds, so a document of another one of them isn't missing
        if let Some(shape) = all.iter().filter(|other| beside(other)).map(|other| other.shape).max() {
            let reference = &mut all[one];
            reference.parents = Documents { tag: None, ..reference.parents };
            reference.shape = reference.shape.max(shape);
        }
    }
    let broader: Vec<KeyLocation> = all.iter().map(Reference::location).collect();
    let mut seen = Vec::new();
    all.retain(|reference| {
        let location = reference.location();
        let covered = |other: &KeyLocation| *other != location && other.covers(&location);
        let first = !seen.contains(&location);
        seen.push(location);
        first && !broader.iter().any(covered)
    });
    all
}

fn relations() -> impl Iterator<Item = (&'static ModelMetadata, &'static RelationMetadata)> {
    models().flat_map(|model| model.all_relations().map(move |relation| (model, relation)))
}

impl Reference {
    pub(super) fn new(key: DeclaredKey) -> Self {
        let DeclaredKey { holder, field, path, shape, parent, tag, stored } = key;
        let nullable = match tag {
            Some(tag) => tag.nullable,
            None => fields(holder, field).all(|field| field.nullable),
        };
        Self { holder, field, path, shape, parent, parents: parent.documents(), tag, stored, nullable }
    }

    /// Whether both are one key of a document, to the same collection.
    fn is_same_key(&self, other: &Self) -> bool {
        let parents = self.parents.collection == other.parents.collection;
        parents && self.field == other.field && self.location().tag == other.location().tag
    }

    /// The counters of the parents that checked writes of children increment, each with its documents.
    pub(crate) fn guards(&self) -> Vec<(Documents, &'static str)> {
        let mut guards: Vec<(Documents, &'static str)> = Vec::new();
        for model in models().filter(|model| model.documents().overlaps(self.parents)) {
            let known = |(documents, _): &(Documents, _)| documents.covers(model.documents());
            if let (Some(guard), false) = (model.config.guard, guards.iter().any(known)) {
                let documents = if self.parents.tag.is_some() { self.parents } else { model.documents() };
                guards.push((documents, guard));
            }
        }
        guards
    }

    /// Whether a stored document may have the key: whether it is one of the holder's.
    pub(crate) fn is_in(&self, document: &RawDocument) -> bool {
        self.holder.documents().contains(document)
    }

    /// What distinguishes the key from others.
    pub(crate) fn location(&self) -> KeyLocation {
        let tag = self.tag.map_or("", |tag| tag.value);
        KeyLocation { holder: self.holder.documents(), field: self.field, parent: self.parents, tag }
    }
}

impl KeyLocation {
    /// Whether every document that the other key connects is connected by this one.
    pub(super) fn covers(&self, other: &Self) -> bool {
        let documents = self.holder.covers(other.holder) && self.parent.covers(other.parent);
        documents && self.field == other.field && self.tag == other.tag
    }
}

impl Reference {
    /// Whether a value that is not in an array can be removed: the key can be null, or should be an array.
    pub(crate) fn can_be_emptied(&self) -> bool {
        if self.path.is_in_array() {
            return false;
        }
        self.path.is_array || self.nullable && self.field != "_id"
    }

    /// The filter and the update that remove references with these ids from arrays; `None` if the key of an embedded
    /// document is required, and the delete rule doesn't remove it with its element.
    pub(crate) fn unlink_elements(&self, ids: &[Bson]) -> Option<(Document, Change)> {
        unlink_elements(self.holder, (self.field, self.tag), self.parent, ids)
    }
}

/// The field in each model of the holder's documents.
fn fields(holder: &ModelMetadata, field: &str) -> impl Iterator<Item = &'static FieldMetadata> {
    let documents = holder.documents();
    models().filter(move |model| model.documents().overlaps(documents)).filter_map(move |model| model.field_at(field))
}

/// The keys of all one-to-one relations, without those that another one covers.
pub(crate) fn unique_keys() -> &'static [UniqueKey] {
    static ALL: LazyLock<Vec<UniqueKey>> = LazyLock::new(find_unique_keys);
    &ALL
}

fn find_unique_keys() -> Vec<UniqueKey> {
    let mut all: Vec<UniqueKey> = Vec::new();
    for (source, relation) in relations().filter(|(_, relation)| relation.kind == RelationKind::OneToOne) {
        for hops in relation.hops(source) {
            let location = Reference::new(hops.first().key).location();
            let Some(reference) = references().iter().find(|r| r.location().covers(&location)) else { continue };
            // if the source holds the key, the filter is on the parents, and not on the documents with the key
            let holder = location.holder;
            let key = UniqueKey { reference, holder, filter: relation.filter.filter(|_| !hops.first().to_parent) };
            if !all.iter().any(|other| other.covers(&key)) {
                all.retain(|other| !key.covers(other));
                all.push(key);
            }
        }
    }
    all.sort_by_key(|key| (key.reference.location(), key.condition().to_string()));
    all
}

impl UniqueKey {
    pub(crate) fn condition(&self) -> Document {
        let mut condition = self.filter.map_or_else(Document::new, |filter| filter());
        condition.extend(self.reference.tag.iter().flat_map(KeyTag::filter));
        condition
    }

    fn covers(&self, other: &Self) -> bool {
        let same = self.reference.location() == other.reference.location() && self.holder.covers(other.holder);
        same && (self.filter.is_none() || self.condition() == other.condition())
    }
}

impl Reference {
    /// The condition that a document has one of these values under the key.
    pub(crate) fn holding(&self, ids: &[Bson]) -> Document {
        match &self.tag {
            Some(tag) => tag.beside(self.path, |key| among(key, ids)),
            None => among(self.field, ids),
        }
    }

    /// The fields that [`each_id`](Self::each_id) reads, and the mark of deleted documents.
    pub(crate) fn fields(&self) -> impl Iterator<Item = &'static str> {
        let tag = self.tag.map(|tag| tag.field);
        let kind = self.holder.documents().tag.map(|tag| tag.field);
        [Some(self.field), tag, kind, self.holder.config.soft_delete].into_iter().flatten()
    }

    /// Calls `each` with every id in this key of a document, and whether the id is in an array.
    ///
    /// It skips nulls, and documents of other kinds. An array in a single key counts as one id, which no document can have.
    pub(crate) fn each_id(&self, document: &RawDocument, mut each: impl FnMut(Bson, bool)) -> Result<()> {
        if !self.is_in(document) {
            return Ok(());
        }
        let to_bson = |value| bson::from_raw(value).map_err(Error::other);
        let in_array = self.path.is_in_array();
        if let Some(tag) = &self.tag {
            return each_tagged(document, self.path, tag, &mut |is, id| {
                if is.as_str() == Some(tag.value) && id != RawBsonRef::Null {
                    each(bson::from_raw(id).map_err(Error::other)?, in_array);
                }
                Ok(())
            });
        }
        each_value(document, self.field, &mut |value| match value {
            RawBsonRef::Null => Ok(()),
            RawBsonRef::Array(ids) if self.path.is_array => {
                for id in ids {
                    match id.map_err(mongodb::error::Error::from)? {
                        RawBsonRef::Null => {}
                        id => each(to_bson(id)?, true),
                    }
                }
                Ok(())
            }
            // a single id in place of an array is no element
            id => {
                each(to_bson(id)?, in_array && !self.path.is_array);
                Ok(())
            }
        })
    }
}

/// Calls `each` with the tag and the id of every reference in a document, each null if it is missing.
pub(crate) fn each_tagged(
    document: &RawDocument,
    path: KeyPath,
    tag: &KeyTag,
    each: &mut dyn FnMut(RawBsonRef<'_>, RawBsonRef<'_>) -> Result<()>,
) -> Result<()> {
    let (outer, key) = path.pattern.rsplit_once("[].").unwrap_or(("", path.pattern));
    let mut pair = |holder: &RawDocument| each(raw_value(holder, tag.in_element())?, raw_value(holder, key)?);
    if outer.is_empty() {
        return pair(document);
    }
    each_value(document, &outer.replace("[]", ""), &mut |value| {
        // anything else than an array of documents holds no references
        for element in value.as_array().into_iter().flatten() {
            if let RawBsonRef::Document(element) = element.map_err(mongodb::error::Error::from)? {
                pair(element)?;
            }
        }
        Ok(())
    })
}
