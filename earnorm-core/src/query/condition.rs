//! Conditions that reach into related documents, and those parts of them that have to be asked by themselves.

use std::slice;

use mongodb::bson::{Document, doc};

use super::filter::Fields;
use crate::schema::Stored;
use crate::schema::{KeyHolder, RelationKind, RelationMetadata};

/// How many joins may lie in each other; servers allow 20. What is deeper is asked by a command of its own before.
const DEPTH: usize = 10;

/// A condition with its models forgotten.
#[derive(Debug, Clone)]
pub(crate) enum Condition {
    /// On the document's own fields.
    Own(Document),
    All(Vec<Self>),
    Either(Vec<Self>),
    Not(Box<Self>),
    /// There is a related document that fulfils a condition.
    Has(Box<Has>),
}

#[derive(Debug, Clone)]
pub(crate) struct Has {
    pub(crate) hop: Hop,
    pub(crate) of: Condition,
}

/// From a document to others, by a key of either.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hop {
    pub(crate) from: &'static str,
    pub(crate) local: &'static str,
    pub(crate) foreign: &'static str,
    pub(crate) key_is_local: bool,
    /// The key is an array of keys.
    pub(crate) array: bool,
    pub(crate) stored: Stored,
}

impl Condition {
    /// Whether it matches every document.
    pub(crate) fn is_always(&self) -> bool {
        matches!(self, Self::Own(document) if document.is_empty())
    }

    pub(crate) fn never() -> Self {
        Self::Own(doc! { "$nor": [{}] })
    }

    /// That a relation leads to a document that fulfils `of`. By a join model, that is two hops.
    pub(crate) fn has(relation: &'static RelationMetadata, of: Self) -> Self {
        let target = (relation.target)().collection;
        let array = relation.kind == RelationKind::ManyToMany;
        let key = relation.foreign_key;
        let to_child =
            |from, array| Hop { from, local: "_id", foreign: key, key_is_local: false, array, stored: relation.stored };
        let to_parent =
            |local, array, stored| Hop { from: target, local, foreign: "_id", key_is_local: true, array, stored };
        match (relation.holder, &relation.through) {
            (KeyHolder::Through, Some(join)) => {
                let of = to_parent(join.target_key, false, join.stored).to(of);
                to_child((join.model)().collection, false).to(of)
            }
            (KeyHolder::Source, _) => to_parent(key, array, relation.stored).to(of),
            _ => to_child(target, array).to(of),
        }
    }

    pub(crate) fn and(self, other: Self) -> Self {
        let list = |condition| match condition {
            Self::All(list) => list,
            one if one.is_always() => Vec::new(),
            one => vec![one],
        };
        let mut all = joined(list(self), list(other));
        if all.len() == 1 { all.remove(0) } else { Self::All(all) }
    }

    pub(crate) fn or(self, other: Self) -> Self {
        let list = |condition| match condition {
            Self::Either(list) => list,
            one => vec![one],
        };
        Self::Either(joined(list(self), list(other)))
    }

    pub(crate) fn not(self) -> Self {
        match self {
            Self::Not(inner) => *inner,
            other => Self::Not(Box::new(other)),
        }
    }

    /// What the document's own fields have to fulfil in any case, and what else there is.
    pub(crate) fn split(&self) -> (Document, Vec<&Self>) {
        let list = match self {
            Self::All(list) => list.as_slice(),
            one => slice::from_ref(one),
        };
        let (mut own, mut related) = (Fields::default(), Vec::new());
        for condition in list {
            match condition {
                Self::Own(document) => own = own.and(document.clone().into()),
                other => related.push(other),
            }
        }
        (own.document, related)
    }

    /// How many joins lie in each other.
    fn depth(&self) -> usize {
        match self {
            Self::Own(_) => 0,
            Self::All(list) | Self::Either(list) => list.iter().map(Self::depth).max().unwrap_or(0),
            Self::Not(inner) => inner.depth(),
            Self::Has(has) => has.of.depth() + 1,
        }
    }

    /// Whether the server can't answer it in one command.
    pub(crate) fn is_open(&self) -> bool {
        match self {
            Self::Own(_) => false,
            Self::All(list) | Self::Either(list) => list.iter().any(Self::is_open),
            Self::Not(inner) => inner.is_open(),
            Self::Has(has) => has.is_open() || has.of.is_open(),
        }
    }
}

/// The first list grows, so that conditions fold in linear time.
fn joined(mut one: Vec<Condition>, mut other: Vec<Condition>) -> Vec<Condition> {
    one.append(&mut other);
    one
}

impl Hop {
    fn to(self, of: Condition) -> Condition {
        Condition::Has(Box::new(Has { hop: self, of }))
    }
}

impl Has {
    /// A key that isn't stored as the id is can't be joined, and not all can be joined at once.
    pub(crate) fn is_open(&self) -> bool {
        !self.hop.stored.alike || self.of.depth() >= DEPTH
    }
}
