//! Parts of a condition that need separate commands, because the server can't join them.

use std::borrow::Cow;
use std::collections::HashSet;

use indexmap::IndexMap;
use mongodb::bson::{Bson, Document, RawDocument, doc};

use super::condition::{Condition, Has, Range};
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
            let asked = Asked::of(element, has, None)?;
            return Some(asked.at(self));
        }
        if let Self::Number(counting, range) = &*self
            && !counting.has.of.needs_own_command()
        {
            let asked = Asked::of(element, &counting.has, Some((counting.distinct, *range)))?;
            return Some(asked.at(self));
        }
        match self {
            Self::Own(_) => None,
            Self::All(list) | Self::Either(list) => list.iter_mut().find_map(|one| one.question_in(element)),
            Self::Not(inner) => inner.question_in(element),
            Self::Has(has) => has.of.question_in(false),
            Self::Number(counting, _) => counting.has.of.question_in(false),
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
    /// If it is about a number: the field by which documents are the same, and the range of the number.
    number: Option<(Option<&'static str>, Range)>,
}

/// What a [`Question`] asks, before it has its place in the condition. It is made outside of the function that recurses, whose
/// frames have to be small.
struct Asked {
    hop: Hop,
    local: Cow<'static, str>,
    tag: Document,
    find: Find,
    number: Option<(Option<&'static str>, Range)>,
}

impl Asked {
    /// `None` if the server can join the related documents, unless `always` is set.
    fn of(always: bool, has: &Has, number: Option<(Option<&'static str>, Range)>) -> Option<Box<Self>> {
        let asks = always || has.needs_own_command();
        asks.then(|| {
            let (hop, local, tag, find) = (has.hop, has.local(), has.local_tag(), has.find());
            Box::new(Self { hop, local, tag, find, number })
        })
    }

    fn at(self, place: &mut Condition) -> Question<'_> {
        let Self { hop, local, tag, find, number } = self;
        Question { place, hop, local, tag, find, number }
    }
}

/// The keys of a document that was found, and the value by which it is the same as others.
pub(crate) struct FoundKeys {
    keys: Vec<Bson>,
    same: Option<Bson>,
}

impl Question<'_> {
    /// The projection of the command. `None` if the whole documents have to be read, to convert their keys.
    pub(crate) fn projection(&self) -> Option<Document> {
        let mut projection = self.hop.key.stored.alike.then(|| doc! { "_id": 0, self.hop.foreign(): 1 })?;
        projection.extend(self.same().map(|field| (field.to_owned(), Bson::Int32(1))));
        Some(projection)
    }

    /// The field by which documents are the same.
    fn same(&self) -> Option<&'static str> {
        self.number.and_then(|(same, _)| same)
    }

    /// A function that reads the keys of a found document.
    pub(crate) fn reader(&self) -> impl Fn(&RawDocument) -> Result<FoundKeys> + use<> {
        let (hop, same) = (self.hop, self.same());
        let keys = move |document: &RawDocument| {
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
        };
        move |document| {
            let same = same.map(|field| crate::field::value(document, field)).transpose()?;
            Ok(FoundKeys { keys: keys(document)?, same })
        }
    }

    /// Replaces the part of the condition by one on the keys that were found. If these are too many, fails with their
    /// number.
    pub(crate) fn answer(self, found: Vec<FoundKeys>) -> Result<(), usize> {
        let (mut tally, mut seen) = (IndexMap::new(), HashSet::new());
        for FoundKeys { keys, same } in found {
            let mut here = HashSet::new();
            let same = same.as_ref().map(identity);
            for key in keys.into_iter().filter(|key| *key != Bson::Null) {
                let id = identity(&key);
                let is_new = here.insert(id.clone()) && (same.is_none() || seen.insert((id.clone(), same.clone())));
                tally.entry(id).or_insert((key, 0_u64)).1 += u64::from(is_new);
            }
        }
        let of_array = self.hop.to_parent && self.hop.is_multiple();
        let range = self.number.map(|(_, range)| range);
        // a document without related ones has no key here: then the keys are those of the others
        let inverse = range.is_some_and(|range| range.has(0)) && !of_array;
        let is_chosen = |n| of_array || range.is_none_or(|range| range.has(n) != inverse);
        let keys: Vec<Bson> = tally.into_values().filter(|(_, n)| is_chosen(*n)).map(|(key, _)| key).collect();
        if keys.iter().map(bson::size).sum::<usize>() > store::KEY_BYTES {
            return Err(keys.len());
        }
        let mut found = match range {
            Some(range) if of_array => number_in_array(&self.local, keys, range),
            _ => store::among(&self.local, &keys),
        };
        found.extend(self.tag);
        *self.place = Condition::Own(if inverse {
            doc! { "$nor": [found] }
        } else {
            found
        });
        Ok(())
    }

    /// Replaces the part by a placeholder, for a query that is printed and not sent. Returns the command.
    pub(crate) fn show(self) -> Find {
        let Self { place, hop, local, tag, find, .. } = self;
        let mut found = doc! { &*local: { "$in": format!("`{}` of {}", hop.foreign(), hop.collection()) } };
        found.extend(tag);
        *place = Condition::Own(found);
        find
    }
}

/// The condition that the number of these keys in an array is within a range.
fn number_in_array(array: &str, keys: Vec<Bson>, range: Range) -> Document {
    let field = format!("${array}");
    let list = doc! { "$cond": [{ "$isArray": [&field] }, &field, []] };
    let number = doc! { "$size": { "$setIntersection": [list, { "$literal": keys }] } };
    let signed = |n: u64| store::sendable(n).cast_signed();
    let mut within = vec![doc! { "$gte": [&number, signed(range.least)] }];
    within.extend(range.most.map(|most| doc! { "$lte": [number, signed(most)] }));
    doc! { "$expr": { "$and": within } }
}
