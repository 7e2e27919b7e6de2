//! Parts of a condition that need a command of their own.

use std::collections::HashSet;

use mongodb::bson::{Bson, Document, RawDocument, doc};

use super::condition::{Condition, Has, Hop};
use super::join::stages;
use crate::bson::{self, identity};
use crate::store::{self, Find};
use crate::{Error, Result};

impl Condition {
    /// What has to be answered by a command of its own before, the innermost first.
    pub(crate) fn question(&mut self) -> Option<Question<'_>> {
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

impl Has {
    fn find(&self) -> Find {
        let (own, related) = self.of.split();
        let mut find = Find::new(self.hop.from, own);
        find.joins = stages(&related, false);
        find
    }
}

/// A part of a condition that is asked for by a command of its own: which keys fulfil it.
pub(crate) struct Question<'a> {
    place: &'a mut Condition,
    hop: Hop,
    pub(crate) find: Find,
}

impl Question<'_> {
    /// What of the found documents has to be read; all, where only their model knows how the key is stored.
    pub(crate) fn projection(&self) -> Option<Document> {
        self.hop.stored.alike.then(|| doc! { "_id": 0, self.hop.foreign: 1 })
    }

    /// How the keys are read that a found document is related by.
    pub(crate) fn reading(&self) -> impl Fn(&RawDocument) -> Result<Vec<Bson>> + use<> {
        let hop = self.hop;
        move |document| {
            if !hop.stored.alike {
                let stored = hop.stored;
                return if hop.key_is_local { Ok(vec![stored.key_of(document)?]) } else { stored.ids_in(document) };
            }
            let value = document.get(hop.foreign).map_err(mongodb::error::Error::from)?;
            let value = value.map_or(Ok(Bson::Null), bson::from_raw).map_err(Error::other)?;
            Ok(match value {
                Bson::Array(values) if hop.array && !hop.key_is_local => values,
                value => vec![value],
            })
        }
    }

    /// Puts the answer in the place of the question. Fails with the number of keys where those are too many.
    pub(crate) fn answer(self, found: Vec<Vec<Bson>>) -> Result<(), usize> {
        let (mut seen, mut keys, mut bytes) = (HashSet::new(), Vec::new(), 0);
        for key in found.into_iter().flatten() {
            if key != Bson::Null && seen.insert(identity(&key)) {
                bytes += bson::size(&key);
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
    pub(crate) fn show(self) -> Find {
        let Self { place, hop, find } = self;
        *place = Condition::Own(doc! { hop.local: { "$in": format!("`{}` of {}", hop.foreign, hop.from) } });
        find
    }
}
