//! Parts of a condition that need separate commands, because the server can't join them.

use std::borrow::Cow;
use std::collections::HashSet;

use mongodb::bson::{Bson, Document, RawDocument, doc};

use super::condition::{Condition, Has};
use super::filter::Fields;
use super::join::stages;
use crate::bson::{self, identity};
use crate::field::each_value;
use crate::schema::Hop;
use crate::store::{self, Find};
use crate::{Error, Result};

impl Condition {
    /// The next part that needs a separate command. An inner part comes before the part that contains it.
    pub(crate) fn question(&mut self) -> Option<Question<'_>> {
        self.question_in(false)
    }

    /// The same. Within the condition on an element, every condition on related documents is such a part.
    fn question_in(&mut self, element: bool) -> Option<Question<'_>> {
        if let Self::Has(has) = &*self
            && !has.of.needs_own_command()
        {
            let needs = element || has.needs_own_command();
            let (hop, local, tag, find) = needs.then(|| (has.hop, has.local(), has.local_tag(), has.find()))?;
            return Some(Question { place: self, hop, local, tag, find });
        }
        match self {
            Self::Own(_) => None,
            Self::All(list) | Self::Either(list) => list.iter_mut().find_map(|one| one.question_in(element)),
            Self::Not(inner) => inner.question_in(element),
            Self::Has(has) => has.of.question_in(false),
            Self::Element(_, of) => of.question_in(true),
        }
    }
}

impl Has {
    fn find(&self) -> Find {
        let (own, related) = self.of.split();
        let own = Fields::from(self.foreign_tag()).and(own.into()).document;
        let mut find = Find::new(self.hop.documents(), own);
        find.joins = stages(&related, false);
        find
    }
}

/// A part of a condition that needs a separate command. The command reads the keys that match it, and `answer`
/// replaces the part by a condition on these keys.
pub(crate) struct Question<'a> {
    place: &'a mut Condition,
    hop: Hop,
    local: Cow<'static, str>,
    /// The condition on the tag beside `local`.
    tag: Document,
    pub(crate) find: Find,
}

impl Question<'_> {
    /// The projection of the command. `None` if the whole documents have to be read, to convert their keys.
    pub(crate) fn projection(&self) -> Option<Document> {
        self.hop.key.stored.alike.then(|| doc! { "_id": 0, self.hop.foreign(): 1 })
    }

    /// A function that reads the keys of a found document.
    pub(crate) fn reader(&self) -> impl Fn(&RawDocument) -> Result<Vec<Bson>> + use<> {
        let hop = self.hop;
        move |document| {
            let stored = hop.key.stored;
            if !stored.alike {
                return if hop.to_parent { Ok(vec![stored.key_of(document)?]) } else { stored.ids_in(document) };
            }
            let mut keys = Vec::new();
            each_value(document, hop.foreign(), &mut |value| {
                match bson::from_raw(value).map_err(Error::other)? {
                    Bson::Array(values) if hop.key.path.is_array && !hop.to_parent => keys.extend(values),
                    value => keys.push(value),
                }
                Ok(())
            })?;
            Ok(keys)
        }
    }

    /// Replaces the part of the condition by one on the keys that were found. If these are too many, fails with their
    /// number.
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
        let mut found = store::among(&self.local, &keys);
        found.extend(self.tag);
        *self.place = Condition::Own(found);
        Ok(())
    }

    /// Replaces the part by a placeholder, for a query that is printed and not sent. Returns the command.
    pub(crate) fn show(self) -> Find {
        let Self { place, hop, local, tag, find } = self;
        let mut found = doc! { &*local: { "$in": format!("`{}` of {}", hop.foreign(), hop.collection()) } };
        found.extend(tag);
        *place = Condition::Own(found);
        find
    }
}
