//! The numbers of a plan or a report.

use std::fmt;

use serde::ser::SerializeSeq;
use serde::{Serialize, Serializer};

use crate::reference::{Edge, are_links};
use crate::schema::{ModelIdentity, ModelMetadata, models};
use crate::text::Noun;

/// How a delete affects the documents of one model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Affected {
    /// The name of the model.
    pub model: &'static str,
    /// How many of its documents are deleted, except those that are counted in `links`.
    pub deleted: u64,
    /// How many links between two documents are removed: documents of a join model, or ids in an array.
    pub links: u64,
    /// How many of its documents are kept, with an emptied key, or without an embedded document that held one.
    pub unlinked: u64,
    /// The stored names of the arrays of embedded documents from which references are removed.
    #[serde(rename = "in", skip_serializing_if = "Vec::is_empty")]
    pub arrays: Vec<String>,
    /// How many of them were requested.
    #[serde(skip)]
    roots: u64,
    #[serde(skip)]
    identity: ModelIdentity,
    #[serde(skip)]
    noun: Noun,
}

impl Affected {
    fn none(identity: ModelIdentity, noun: Noun) -> Self {
        Self { model: identity.name, deleted: 0, links: 0, unlinked: 0, arrays: Vec::new(), roots: 0, identity, noun }
    }

    /// The module that declares the model. It distinguishes two models of the same name.
    pub fn module(&self) -> &'static str {
        self.identity.module
    }
}

/// The numbers of a plan or a report, in the order in which the models were found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) each: Vec<Affected>,
    /// How many of the requested documents are deleted, without those that a cascade deletes.
    pub(super) roots: u64,
}

impl Tally {
    pub(super) fn of(&mut self, model: &'static ModelMetadata) -> &mut Affected {
        let identity = model.identity();
        let place =
            self.each.iter().position(|affected| affected.identity.is_same_model(identity)).unwrap_or_else(|| {
                self.each.push(Affected::none(identity, model.noun()));
                self.each.len() - 1
            });
        &mut self.each[place]
    }

    /// Adds documents that are deleted: the roots, or documents that were found by the key `via`.
    pub(super) fn add(&mut self, model: &'static ModelMetadata, via: Option<&Edge>, count: u64) {
        if via.is_none() {
            self.roots += count;
        }
        let affected = self.of(model);
        affected.roots += if via.is_none() { count } else { 0 };
        *(if via.is_some_and(|edge| edge.links) { &mut affected.links } else { &mut affected.deleted }) += count;
    }

    pub(super) fn clear(&mut self) {
        self.roots = 0;
        for affected in &mut self.each {
            *affected = Affected::none(affected.identity, affected.noun);
        }
    }

    pub(super) fn without_zeros(mut self) -> Self {
        self.each.retain(|affected| affected.deleted + affected.links + affected.unlinked > 0);
        self
    }

    pub(super) fn sum(&self, of: impl Fn(&Affected) -> u64) -> u64 {
        self.each.iter().map(of).sum()
    }

    /// How many documents of a model are deleted. Those of an enum are the documents of its kinds.
    pub(super) fn deleted_of(&self, model: &ModelMetadata) -> u64 {
        let identity = model.identity();
        self.each.iter().filter(|affected| identity.covers(affected.identity)).map(|affected| affected.deleted).sum()
    }

    /// The collections in which a cascade deletes documents.
    pub(super) fn cascaded_collections(&self) -> Vec<&'static str> {
        let is_link =
            |of: &Affected| models().any(|model| of.identity.is_same_model(model.identity()) && are_links(model));
        let deleted = |of: &Affected| of.deleted + if is_link(of) { of.links } else { 0 };
        let cascaded = self.each.iter().filter(|affected| deleted(affected) > affected.roots);
        cascaded.map(|affected| affected.identity.collection).collect()
    }

    /// The module or collection of a model, if another model in the list has the same name.
    fn qualifier(&self, affected: &Affected) -> Option<&'static str> {
        affected.identity.qualifier(self.each.iter().map(|other| other.identity))
    }
}

impl Serialize for Tally {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Apart {
            model: String,
            deleted: u64,
            links: u64,
            unlinked: u64,
            #[serde(rename = "in", skip_serializing_if = "Vec::is_empty")]
            arrays: Vec<String>,
        }
        let mut list = serializer.serialize_seq(Some(self.each.len()))?;
        for affected in &self.each {
            let Affected { model, deleted, links, unlinked, .. } = *affected;
            match self.qualifier(affected) {
                None => list.serialize_element(affected)?,
                Some(place) => {
                    let (model, arrays) = (format!("{place}::{model}"), affected.arrays.clone());
                    list.serialize_element(&Apart { model, deleted, links, unlinked, arrays })?;
                }
            }
        }
        list.end()
    }
}

const LINK: Noun = Noun { singular: "link", plural: "links" };

/// The public methods that a plan and a report share.
macro_rules! numbers {
    ($whose:ident) => {
        impl $whose {
            /// How many documents are deleted, without links.
            pub fn deleted(&self) -> u64 {
                self.tally.sum(|affected| affected.deleted)
            }

            /// How many documents of one model are deleted.
            pub fn deleted_of<M: $crate::Model>(&self) -> u64 {
                self.tally.deleted_of(M::METADATA)
            }

            /// How many links between two documents are removed: documents of join models, and ids in arrays.
            pub fn links(&self) -> u64 {
                self.tally.sum(|affected| affected.links)
            }

            /// How many keys are emptied, in documents that are kept.
            pub fn unlinked(&self) -> u64 {
                self.tally.sum(|affected| affected.unlinked)
            }

            /// The numbers of each model.
            pub fn affected(&self) -> &[$crate::Affected] {
                &self.tally.each
            }
        }
    };
}
pub(super) use numbers;

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let each = |of: fn(&Affected) -> u64, with_arrays: bool| {
            let some = self.each.iter().map(move |affected| (of(affected), affected)).filter(|(count, _)| *count > 0);
            let named = some.map(|(count, affected)| {
                let place = self.qualifier(affected).map(|place| format!(" ({place})"));
                let arrays = (with_arrays && !affected.arrays.is_empty())
                    .then(|| format!(" (in `{}`)", affected.arrays.join("`, `")));
                let name = affected.noun.with_count(count);
                name + place.as_deref().unwrap_or_default() + arrays.as_deref().unwrap_or_default()
            });
            named.collect::<Vec<_>>()
        };
        let deleted = each(|affected| affected.deleted, false);
        let mut parts = Vec::new();
        if !deleted.is_empty() {
            parts.push(format!("{} deleted", deleted.join(", ")));
        }
        match self.sum(|affected| affected.links) {
            0 => {}
            links => parts.push(format!("{} removed", LINK.with_count(links))),
        }
        let unlinked = each(|affected| affected.unlinked, true);
        if !unlinked.is_empty() {
            parts.push(format!("{} unlinked", unlinked.join(", ")));
        }
        f.write_str(&if parts.is_empty() { "nothing deleted".to_owned() } else { parts.join("; ") })
    }
}
