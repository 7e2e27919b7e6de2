//! Conditions on a document and its related documents, without the types of their models.

use std::slice;

use mongodb::bson::{Document, doc};

use super::filter::Fields;
use crate::schema::{Hop, Hops, ModelMetadata, RelationMetadata};

/// How deep joins are nested; servers allow 20. A condition that is nested deeper needs a separate command.
const DEPTH: usize = 10;

/// A condition without the types of its models.
#[derive(Debug, Clone)]
pub(crate) enum Condition {
    /// On the document's own fields.
    Own(Document),
    All(Vec<Self>),
    Either(Vec<Self>),
    Not(Box<Self>),
    /// At least one related document matches a condition.
    Has(Box<Has>),
}

/// A condition that at least one document at the end of a hop matches.
#[derive(Debug, Clone)]
pub(crate) struct Has {
    pub(crate) hop: Hop,
    pub(crate) of: Condition,
}

impl Condition {
    /// Whether it matches every document.
    pub(crate) fn is_always(&self) -> bool {
        matches!(self, Self::Own(document) if document.is_empty())
    }

    /// A condition that matches no document.
    pub(crate) fn never() -> Self {
        Self::Own(doc! { "$nor": [{}] })
    }

    /// A relation of `source` leads to at least one document that matches `of`. With a join model, this takes two hops.
    pub(crate) fn has(source: &'static ModelMetadata, relation: &RelationMetadata, of: Self) -> Self {
        let has = |hop, of| Self::Has(Box::new(Has { hop, of }));
        match relation.hops(source) {
            Hops::Direct(hop) => has(hop, of),
            Hops::Through(first, second) => has(first, has(second, of)),
        }
    }

    pub(crate) fn and(self, other: Self) -> Self {
        let list = |condition| match condition {
            Self::All(list) => list,
            one if one.is_always() => Vec::new(),
            one => vec![one],
        };
        let mut all = concat(list(self), list(other));
        if all.len() == 1 { all.remove(0) } else { Self::All(all) }
    }

    pub(crate) fn or(self, other: Self) -> Self {
        let list = |condition| match condition {
            Self::Either(list) => list,
            one => vec![one],
        };
        Self::Either(concat(list(self), list(other)))
    }

    pub(crate) fn not(self) -> Self {
        match self {
            Self::Not(inner) => *inner,
            other => Self::Not(Box::new(other)),
        }
    }

    /// Splits the condition into the filter on the document's own fields, and the conditions on related documents that
    /// have to be true in addition.
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

    /// How deep joins are nested.
    fn depth(&self) -> usize {
        match self {
            Self::Own(_) => 0,
            Self::All(list) | Self::Either(list) => list.iter().map(Self::depth).max().unwrap_or(0),
            Self::Not(inner) => inner.depth(),
            Self::Has(has) => has.of.depth() + 1,
        }
    }

    /// Whether a part of it needs a separate command.
    pub(crate) fn needs_own_command(&self) -> bool {
        match self {
            Self::Own(_) => false,
            Self::All(list) | Self::Either(list) => list.iter().any(Self::needs_own_command),
            Self::Not(inner) => inner.needs_own_command(),
            Self::Has(has) => has.needs_own_command() || has.of.needs_own_command(),
        }
    }
}

/// Appends to the first list, so that a fold of conditions takes linear time.
fn concat(mut one: Vec<Condition>, mut other: Vec<Condition>) -> Vec<Condition> {
    one.append(&mut other);
    one
}

impl Has {
    /// Whether it can't be joined: its key is stored in another form than the id, or joins are nested too deep.
    pub(crate) fn needs_own_command(&self) -> bool {
        !self.hop.key.stored.alike || self.of.depth() >= DEPTH
    }
}
