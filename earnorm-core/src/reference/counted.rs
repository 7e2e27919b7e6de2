//! The relations with a counter, or with a time that writes of related documents set.

use std::sync::LazyLock;

use mongodb::bson::{Bson, Document, RawBsonRef, RawDocument};

use super::references::{Reference, references};
use crate::Result;
use crate::bson::{Identity, identity};
use crate::field::raw_value;
use crate::schema::{Documents, Hops, KeyTag, ModelMetadata, RelationMetadata, TimeField, models};

/// A relation of which EarnORM keeps a counter or a time in the documents of the declaring model.
#[derive(Debug)]
pub(crate) struct CountedKey {
    /// The model that declares the relation.
    pub(crate) owner: &'static ModelMetadata,
    pub(crate) relation: &'static RelationMetadata,
    /// The key that connects the owner with the related documents or links.
    pub(crate) reference: &'static Reference,
    /// Whether the owner has the key: an array of ids.
    pub(crate) own: bool,
    /// The tag that a link must have at its other end.
    other_end: Option<KeyTag>,
}

/// All relations with a counter or a time.
pub(crate) fn counted_keys() -> &'static [CountedKey] {
    static ALL: LazyLock<Vec<CountedKey>> = LazyLock::new(|| {
        let all = models().flat_map(|owner| owner.all_relations().map(move |relation| (owner, relation)));
        let counted = all.filter(|(_, relation)| relation.config.counter.is_some() || relation.config.touch.is_some());
        counted
            .flat_map(|(owner, relation)| relation.hops(owner).filter_map(move |hops| of(owner, relation, &hops)))
            .collect()
    });
    &ALL
}

fn of(owner: &'static ModelMetadata, relation: &'static RelationMetadata, hops: &Hops) -> Option<CountedKey> {
    let location = Reference::new(hops.first().key).location();
    let reference = references().iter().find(|reference| reference.location().covers(&location))?;
    let other_end = match hops {
        Hops::Through(_, second) => second.key.tag,
        Hops::Direct(_) => None,
    };
    Some(CountedKey { owner, relation, reference, own: hops.first().to_parent, other_end })
}

/// The keys in documents of a model by which other documents are counted or touched.
pub(crate) fn counted_in(holder: Documents) -> impl Iterator<Item = &'static CountedKey> {
    counted_keys().iter().filter(move |key| !key.own && key.reference.holder.documents().overlaps(holder))
}

/// The relations that documents of a model count.
pub(crate) fn counters_of(owner: Documents) -> impl Iterator<Item = &'static CountedKey> {
    counted_keys().iter().filter(move |key| key.owner.documents().overlaps(owner))
}

impl CountedKey {
    /// The stored name of the counter.
    pub(crate) fn counter(&self) -> Option<&'static str> {
        self.relation.config.counter
    }

    pub(crate) fn touch(&self) -> Option<TimeField> {
        self.relation.config.touch
    }

    /// The fields that [`keys_in`](Self::keys_in) reads.
    pub(crate) fn fields(&self) -> impl Iterator<Item = &'static str> {
        self.reference.fields().chain(self.other_end.map(|tag| tag.field)).chain(self.mark())
    }

    /// The stored name of the mark of deleted documents, which don't count.
    fn mark(&self) -> Option<&'static str> {
        self.reference.holder.config.soft_delete.filter(|_| !self.own)
    }

    /// The distinct keys in a document that holds them: of an owner with an array the related ids, of any other document the
    /// keys of the owners that count it.
    pub(crate) fn keys_in(&self, document: &RawDocument) -> Result<Vec<(Identity, Bson)>> {
        let mut keys: Vec<(Identity, Bson)> = Vec::new();
        if let Some(mark) = self.mark()
            && raw_value(document, mark)? != RawBsonRef::Null
        {
            return Ok(keys);
        }
        if let Some(tag) = self.other_end
            && raw_value(document, tag.field)?.as_str() != Some(tag.value)
        {
            return Ok(keys);
        }
        self.reference.each_id(document, |id, _| {
            let identity = identity(&id);
            if !keys.iter().any(|(known, _)| *known == identity) {
                keys.push((identity, id));
            }
        })?;
        Ok(keys)
    }

    /// The condition for the documents that count for owners with these stored keys.
    pub(crate) fn holding(&self, keys: &[Bson]) -> Document {
        let mut filter = self.reference.holding(keys);
        filter.extend(self.other_end.iter().flat_map(KeyTag::filter));
        filter
    }
}
