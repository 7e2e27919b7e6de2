//! The steps that a relation takes from a document to its related documents.

use mongodb::bson::Document;

use super::key_path::KeyPath;
use super::kinds::Documents;
use super::options::KeyHolder;
use super::stored::Stored;
use super::tables::{KeyTag, ModelMetadata, RelationMetadata, Target};

/// How a document stores a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum KeyShape {
    /// As a single id.
    Single,
    /// As an array of ids.
    Array,
    /// As a single id in each element of an array of embedded documents.
    Elements,
    /// As one of the two ids in a document of a join model.
    End,
}

impl KeyPath {
    pub(crate) const fn shape(&self) -> KeyShape {
        match (self.is_array, self.is_in_array()) {
            (true, _) => KeyShape::Array,
            (false, true) => KeyShape::Elements,
            (false, false) => KeyShape::Single,
        }
    }
}

/// A key as one relation declares it: a field of one model that refers to another model.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DeclaredKey {
    /// The model that has the key.
    pub(crate) holder: &'static ModelMetadata,
    /// The key's stored name, which is a path with dots if it is in an embedded document.
    pub(crate) field: &'static str,
    pub(crate) path: KeyPath,
    pub(crate) shape: KeyShape,
    /// The model that the key refers to.
    pub(crate) parent: &'static ModelMetadata,
    /// The tag beside the key, if it can refer to several models.
    pub(crate) tag: Option<KeyTag>,
    pub(crate) stored: Stored,
}

/// A step from a document to others, by a key in one of the two.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hop {
    pub(crate) key: DeclaredKey,
    /// Whether it goes from the document with the key to the document that the key refers to.
    pub(crate) to_parent: bool,
}

/// The steps of a relation.
#[derive(Debug, Clone, Copy)]
#[allow(clippy::large_enum_variant, reason = "a value exists only while the steps of one relation are read")]
pub(crate) enum Hops {
    /// Directly to the target.
    Direct(Hop),
    /// To the join model, and from there to the target.
    Through(Hop, Hop),
}

impl Hop {
    /// The documents that it leads to.
    pub(crate) fn documents(&self) -> Documents {
        if self.to_parent { self.key.parent.documents() } else { self.key.holder.documents() }
    }

    /// The collection that it leads to.
    pub(crate) fn collection(&self) -> &'static str {
        self.documents().collection
    }

    /// The field of the document where it starts.
    pub(crate) fn local(&self) -> &'static str {
        if self.to_parent { self.key.field } else { "_id" }
    }

    /// The field of the documents that it leads to.
    pub(crate) fn foreign(&self) -> &'static str {
        if self.to_parent { "_id" } else { self.key.field }
    }

    /// The condition on the tag beside the key; empty if the key refers to one model.
    pub(crate) fn tag(&self) -> Document {
        self.key.tag.as_ref().map_or_else(Document::new, KeyTag::filter)
    }

    /// Whether a document can have several keys.
    pub(crate) fn is_multiple(&self) -> bool {
        self.key.path.is_multiple()
    }
}

impl Hops {
    pub(crate) fn first(&self) -> &Hop {
        match self {
            Self::Direct(hop) | Self::Through(hop, _) => hop,
        }
    }

    /// The model at the end.
    pub(crate) fn target(&self) -> &'static ModelMetadata {
        let (Self::Direct(last) | Self::Through(_, last)) = self;
        if last.to_parent { last.key.parent } else { last.key.holder }
    }

    /// Whether all ids and keys are stored alike, so that the server can compare them.
    pub(crate) fn are_alike(&self) -> bool {
        self.into_iter().all(|hop| hop.key.stored.alike)
    }
}

impl IntoIterator for Hops {
    type Item = Hop;
    type IntoIter = std::iter::Chain<std::iter::Once<Hop>, std::option::IntoIter<Hop>>;

    fn into_iter(self) -> Self::IntoIter {
        let (first, second) = match self {
            Self::Direct(hop) => (hop, None),
            Self::Through(first, second) => (first, Some(second)),
        };
        std::iter::once(first).chain(second)
    }
}

impl RelationMetadata {
    /// The steps from a document of `source`, the model that declares the relation: one path for each model that it leads
    /// to.
    pub(crate) fn hops(&self, source: &'static ModelMetadata) -> impl Iterator<Item = Hops> {
        let (relation, tag) = (*self, self.tag);
        let (one, several) = match self.target {
            Target::One(model) => (Some((model, tag)), &[][..]),
            Target::Any(variants) => (None, variants),
        };
        let several = several.iter().map(move |variant| (variant.model, tag.map(|tag| tag.of(variant.tag))));
        one.into_iter().chain(several).map(move |(target, tag)| relation.hops_to(source, target(), tag))
    }

    fn hops_to(&self, source: &'static ModelMetadata, target: &'static ModelMetadata, tag: Option<KeyTag>) -> Hops {
        let hop = |holder, field, path, shape, parent, tag, stored, to_parent| Hop {
            key: DeclaredKey { holder, field, path, shape, parent, tag, stored },
            to_parent,
        };
        let (field, path, stored) = (self.foreign_key, self.path, self.stored);
        match (self.holder, &self.through) {
            (KeyHolder::Through, Some(through)) => {
                let (join, other) = ((through.model)(), through.target_key);
                let other_path = KeyPath::single(other);
                Hops::Through(
                    hop(join, field, path, KeyShape::End, source, tag, stored, false),
                    hop(join, other, other_path, KeyShape::End, target, through.target_tag, through.stored, true),
                )
            }
            (KeyHolder::Target, _) => Hops::Direct(hop(target, field, path, path.shape(), source, tag, stored, false)),
            _ => Hops::Direct(hop(source, field, path, path.shape(), target, tag, stored, true)),
        }
    }
}
