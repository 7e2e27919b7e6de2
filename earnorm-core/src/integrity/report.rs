//! The report of a scan.

use std::fmt;

use mongodb::bson::Bson;
use serde::Serialize;

use super::walk::Kind;
use crate::reference::{CountedKey, KeyLocation, counted_keys};
use crate::text::Noun;

/// The most entries of a report for each key.
pub(super) const KEPT: usize = 10_000;

/// How many of these are printed.
const PRINTED: usize = 5;

pub(super) const DOCUMENT: Noun = Noun { singular: "document", plural: "documents" };
pub(super) const BROKEN: Noun = Noun { singular: "broken reference", plural: "broken references" };
pub(super) const COUNTER: Noun = Noun { singular: "counter", plural: "counters" };
const KEY: Noun = Noun { singular: "key", plural: "keys" };

/// The result of a [`scan`](super::scan()): the number of broken references, and the first 10,000 of each key.
///
/// `Display` prints a summary. The serialized form has everything.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    pub(super) found: usize,
    pub(super) documents: u64,
    pub(super) keys: Vec<ScannedKey>,
    pub(super) entries: Vec<Entry>,
}

/// A key that was scanned for one kind of broken reference.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ScannedKey {
    /// The model that holds the key.
    pub model: &'static str,
    /// The key's stored name.
    pub field: &'static str,
    /// The model that it refers to; empty for tags that are none of the variants.
    pub target: &'static str,
    /// The kind of broken reference.
    pub kind: Kind,
    /// How many were found.
    pub found: usize,
    #[serde(skip)]
    pub(super) place: KeyLocation,
}

/// A broken reference.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Entry {
    /// The model that holds it.
    pub model: &'static str,
    /// The key's stored name.
    pub field: &'static str,
    /// The model that it refers to; empty for a tag that is none of the variants.
    pub target: &'static str,
    /// The `_id` of the document that holds it.
    pub holder: Bson,
    /// The id that it holds; null for a link without an end.
    pub id: Bson,
    /// What is wrong with it.
    pub kind: Kind,
    /// The tag beside the id, if it is unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag: Option<Bson>,
}

/// What distinguishes a counter from the keys and the other counters of a report.
pub(super) fn counter_location(counted: &CountedKey) -> Option<KeyLocation> {
    let (holder, parent) = (counted.owner.documents(), counted.reference.holder.documents());
    Some(KeyLocation { holder, field: counted.counter()?, parent, tag: counted.relation.name })
}

impl Report {
    /// The number of broken references.
    pub fn len(&self) -> usize {
        self.found
    }

    /// Whether there are no broken references.
    pub fn is_empty(&self) -> bool {
        self.found == 0
    }

    /// The broken references, at most 10,000 for each key, in the order of their holders' `_id`. [`len`](Report::len)
    /// counts all of them.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// All keys that were scanned, with the number of their broken references.
    pub fn keys(&self) -> &[ScannedKey] {
        &self.keys
    }

    /// The number of documents that were read.
    pub fn documents(&self) -> u64 {
        self.documents
    }

    /// The relations with counters that are wrong.
    pub(super) fn wrong_counters(&self) -> impl Iterator<Item = &'static CountedKey> {
        let wrong: Vec<_> = self.keys.iter().filter(|key| key.kind == Kind::Counter && key.found > 0).collect();
        counted_keys()
            .iter()
            .filter(move |counted| wrong.iter().any(|key| counter_location(counted) == Some(key.place)))
    }

    /// The keys with broken references that can be repaired.
    pub(super) fn broken(&self, seconds: bool) -> impl Iterator<Item = KeyLocation> {
        // which document an unknown tag means isn't known, nor which key of a cycle is wrong; a deleted document can be restored;
        // counters are repaired last
        let is_kept = |kind| matches!(kind, Kind::Tag | Kind::Cycle | Kind::Counter | Kind::Deleted);
        let broken = self.keys.iter().filter(move |key| key.found > 0 && !is_kept(key.kind));
        let broken = broken.filter(move |key| (key.kind == Kind::Second) == seconds);
        broken.map(|key| key.place)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { found, documents, keys, entries } = self;
        let (found, documents) = (BROKEN.with_count(*found as u64), DOCUMENT.with_count(*documents));
        write!(f, "{found} in {documents}, by {}", KEY.with_count(keys.len() as u64))?;
        let mut entries = entries.iter();
        for key in keys.iter().filter(|key| key.found > 0) {
            let words = if key.found == 1 { key.kind.one() } else { key.kind.several() };
            write!(f, "\n  `{}::{}`", key.model, key.field)?;
            if key.kind != Kind::Tag {
                write!(f, " to `{}`", key.target)?;
            }
            write!(f, ": {} {words}", key.found)?;
            let kept = key.found.min(KEPT);
            for entry in entries.by_ref().take(kept).take(PRINTED) {
                write!(f, "\n    {} holds {}", entry.holder, entry.tag.as_ref().unwrap_or(&entry.id))?;
            }
            if key.found > PRINTED {
                write!(f, "\n    and {} more", key.found - PRINTED)?;
            }
            for _ in PRINTED..kept {
                entries.next();
            }
        }
        Ok(())
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.one())
    }
}

impl Kind {
    const fn one(self) -> &'static str {
        match self {
            Self::Key => "points nowhere",
            Self::Element => "in an array points nowhere",
            Self::Link => "is a link without an end",
            Self::Second => "has the same key as another document",
            Self::Tag => "has an unknown tag",
            Self::Cycle => "closes a cycle",
            Self::Counter => "is not the number of related documents",
            Self::Deleted => "refers to a deleted document",
        }
    }

    const fn several(self) -> &'static str {
        match self {
            Self::Key => "point nowhere",
            Self::Element => "in arrays point nowhere",
            Self::Link => "are links without an end",
            Self::Second => "have the same key as another document",
            Self::Tag => "have an unknown tag",
            Self::Cycle => "close cycles",
            Self::Counter => "are not the numbers of related documents",
            Self::Deleted => "refer to deleted documents",
        }
    }
}
