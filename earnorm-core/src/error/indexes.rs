//! What `ensure_indexes` and `sync_indexes` did: their result, also in an error.

use std::fmt;

use mongodb::bson::{Bson, Document};
use serde::Serialize;

/// The indexes that [`ensure_indexes`](crate::ensure_indexes()) or [`sync_indexes`](crate::sync_indexes()) made, found,
/// dropped or couldn't make.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct IndexReport {
    /// The indexes that were made.
    pub made: Vec<MadeIndex>,
    /// The number of indexes that already existed.
    pub present: usize,
    /// The indexes that the server can't make, such as a unique index on a sharded collection that doesn't begin with the
    /// shard key. `ensure_indexes` then makes an index that isn't unique instead.
    pub refused: Vec<RefusedIndex>,
    /// The indexes that were not made because of existing documents or indexes. A report with one of them is in
    /// [`Error::Indexes`](crate::Error::Indexes).
    pub failed: Vec<FailedIndex>,
    /// The existing indexes that others have replaced. [`sync_indexes`](crate::sync_indexes()) can drop them.
    pub superseded: Vec<IndexSpec>,
    /// The indexes that were dropped.
    pub dropped: Vec<IndexSpec>,
}

/// An index that the server can't make.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct RefusedIndex {
    /// The index.
    pub index: IndexSpec,
    /// The server's error message.
    pub reason: String,
}

/// An index that was not made because of existing documents or indexes.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct FailedIndex {
    /// The index.
    pub index: IndexSpec,
    /// The server's error message.
    pub reason: String,
    /// For a unique index: the first ten groups of documents with the same values.
    pub duplicates: Vec<Duplicates>,
}

/// Documents that have the same values in the fields of a unique index.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Duplicates {
    /// The values.
    pub values: Document,
    /// The number of documents.
    pub count: u64,
    /// The ids of the first ten of them.
    pub ids: Vec<Bson>,
}

/// The specification of an index that exists or is needed.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct IndexSpec {
    /// The collection.
    pub collection: &'static str,
    /// The name of the index.
    pub name: String,
    /// The fields, each with its direction, or with `text` or `hashed`.
    pub keys: Document,
    /// Whether it is unique.
    pub unique: bool,
    /// The partial filter expression, if it has one.
    pub partial: Option<Document>,
    /// Whether documents without the fields are left out.
    pub sparse: bool,
    /// Whether the server doesn't use it for queries.
    pub hidden: bool,
    /// The collation, if it has one.
    pub collation: Option<Document>,
    /// After how many seconds documents are deleted, if they are.
    pub expire_after: Option<u64>,
}

/// An index that was made.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct MadeIndex {
    /// The collection.
    pub collection: &'static str,
    /// The name of the index.
    pub name: String,
    /// The fields, each with its direction.
    pub keys: Document,
    /// Whether it is unique.
    pub unique: bool,
}

impl MadeIndex {
    pub(crate) const fn new(collection: &'static str, name: String, keys: Document, unique: bool) -> Self {
        Self { collection, name, keys, unique }
    }
}

impl RefusedIndex {
    pub(crate) const fn new(index: IndexSpec, reason: String) -> Self {
        Self { index, reason }
    }
}

impl FailedIndex {
    pub(crate) const fn new(index: IndexSpec, reason: String, duplicates: Vec<Duplicates>) -> Self {
        Self { index, reason, duplicates }
    }
}

impl Duplicates {
    pub(crate) const fn new(values: Document, count: u64, ids: Vec<Bson>) -> Self {
        Self { values, count, ids }
    }
}

impl fmt::Display for IndexSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{} {}", self.collection, self.name, self.keys)?;
        for (is, word) in [(self.unique, "unique"), (self.sparse, "sparse"), (self.hidden, "hidden")] {
            if is {
                write!(f, ", {word}")?;
            }
        }
        if let Some(seconds) = self.expire_after {
            write!(f, ", expires after {seconds} seconds")?;
        }
        if let Some(collation) = &self.collation {
            write!(f, ", collation {collation}")?;
        }
        match &self.partial {
            Some(partial) => write!(f, ", where {partial}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for FailedIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.index, self.reason)?;
        for Duplicates { values, count, ids } in &self.duplicates {
            write!(f, "\n    {count} documents have {values}: ")?;
            for (place, id) in ids.iter().enumerate() {
                write!(f, "{}{id}", if place == 0 { "" } else { ", " })?;
            }
            if *count > ids.len() as u64 {
                write!(f, " and {} more", count - ids.len() as u64)?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for IndexReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} indexes made, {} already existed", self.made.len(), self.present)?;
        for index in &self.made {
            let unique = if index.unique { ", unique" } else { "" };
            write!(f, "\n  {}.{} {}{unique}", index.collection, index.name, index.keys)?;
        }
        for RefusedIndex { index, reason } in &self.refused {
            write!(f, "\n  refused: {index}: {reason}")?;
        }
        for index in &self.failed {
            write!(f, "\n  failed: {index}")?;
        }
        for index in &self.superseded {
            write!(f, "\n  superseded: {index}")?;
        }
        for index in &self.dropped {
            write!(f, "\n  dropped: {index}")?;
        }
        Ok(())
    }
}
