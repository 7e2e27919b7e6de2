//! Conditions that reach into related documents, and those parts of them that have to be asked by themselves.

use std::collections::HashSet;
use std::slice;

use mongodb::bson::{Bson, Document, RawDocument, doc};

use super::filter::Fields;
use super::join::stages;
use crate::encoding::{self, identity};
use crate::relation::Stored;
use crate::schema::{KeyHolder, RelationKind, RelationMetadata};
use crate::store::{self, Find};
use crate::{Error, Result};

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
    pub(super) hop: Hop,
    pub(super) of: Condition,
}

/// From a document to others, by a key of either.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hop {
    pub(super) from: &'static str,
    pub(super) local: &'static str,
    pub(super) foreign: &'static str,
    pub(super) key_is_local: bool,
    /// The key is an array of keys.
    pub(super) array: bool,
    stored: Stored,
}

impl Condition {
    /// Whether it matches every document.
    pub(super) fn is_always(&self) -> bool {
        matches!(self, Self::Own(document) if document.is_empty())
    }

    pub(super) fn never() -> Self {
        Self::Own(doc! { "$nor": [{}] })
    }

    /// That a relation leads to a document that fulfils `of`. By a join model, that is two hops.
    pub(super) fn has(relation: &'static RelationMetadata, of: Self) -> Self {
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

    pub(super) fn and(self, other: Self) -> Self {
        let list = |condition| match condition {
            Self::All(list) => list,
            one if one.is_always() => Vec::new(),
            one => vec![one],
        };
        let mut all = joined(list(self), list(other));
        if all.len() == 1 { all.remove(0) } else { Self::All(all) }
    }

    pub(super) fn or(self, other: Self) -> Self {
        let list = |condition| match condition {
            Self::Either(list) => list,
            one => vec![one],
        };
        Self::Either(joined(list(self), list(other)))
    }

    pub(super) fn not(self) -> Self {
        match self {
            Self::Not(inner) => *inner,
            other => Self::Not(Box::new(other)),
        }
    }

    /// What the document's own fields have to fulfil in any case, and what else there is.
    pub(super) fn split(&self) -> (Document, Vec<&Self>) {
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
    fn is_open(&self) -> bool {
        match self {
            Self::Own(_) => false,
            Self::All(list) | Self::Either(list) => list.iter().any(Self::is_open),
            Self::Not(inner) => inner.is_open(),
            Self::Has(has) => has.is_open() || has.of.is_open(),
        }
    }

    /// What has to be answered by a command of its own before, the innermost first.
    pub(super) fn question(&mut self) -> Option<Question<'_>> {
        if let Self::Has(has) = &*self
            && !has.of.is_open()
        {
            let (hop, find) = has.is_open().then(|| (has.hop, has.find()))?;
            return Some(Question { place: self, hop, find });
        }
        match self {
            Self::Own(_) => None,
            Self::All(list) | Self::Either(list) => list.iter_mut().find_map(Self::question),
            Self::Not(inner) => inner.question(),
            Self::Has(has) => has.of.question(),
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
    fn is_open(&self) -> bool {
        !self.hop.stored.alike || self.of.depth() >= DEPTH
    }

    fn find(&self) -> Find {
        let (own, related) = self.of.split();
        let mut find = Find::new(self.hop.from, own);
        find.joins = stages(&related, false);
        find
    }
}

/// A part of a condition that is asked for by a command of its own: which keys fulfil it.
pub(super) struct Question<'a> {
    place: &'a mut Condition,
    hop: Hop,
    pub(super) find: Find,
}

impl Question<'_> {
    /// What of the found documents has to be read; all, where only their model knows how the key is stored.
    pub(super) fn projection(&self) -> Option<Document> {
        self.hop.stored.alike.then(|| doc! { "_id": 0, self.hop.foreign: 1 })
    }

    /// How the keys are read that a found document is related by.
    pub(super) fn reading(&self) -> impl Fn(&RawDocument) -> Result<Vec<Bson>> + use<> {
        let hop = self.hop;
        move |document| {
            if !hop.stored.alike {
                let stored = hop.stored;
                return if hop.key_is_local { Ok(vec![stored.key_of(document)?]) } else { stored.ids_in(document) };
            }
            let value = document.get(hop.foreign).map_err(mongodb::error::Error::from)?;
            let value = value.map_or(Ok(Bson::Null), encoding::owned).map_err(Error::other)?;
            Ok(match value {
                Bson::Array(values) if hop.array && !hop.key_is_local => values,
                value => vec![value],
            })
        }
    }

    /// Puts the answer in the place of the question. Fails with the number of keys where those are too many.
    pub(super) fn answer(self, found: Vec<Vec<Bson>>) -> Result<(), usize> {
        let (mut seen, mut keys, mut bytes) = (HashSet::new(), Vec::new(), 0);
        for key in found.into_iter().flatten() {
            if key != Bson::Null && seen.insert(identity(&key)) {
                bytes += store::size(&key);
                keys.push(key);
            }
        }
        if bytes > store::KEY_BYTES {
            return Err(keys.len());
        }
        *self.place = Condition::Own(store::among(self.hop.local, &keys));
        Ok(())
    }

    /// For what is shown and not sent.
    pub(super) fn show(self) -> Find {
        let Self { place, hop, find } = self;
        *place = Condition::Own(doc! { hop.local: { "$in": format!("`{}` of {}", hop.foreign, hop.from) } });
        find
    }
}
