//! How many documents a parent has on average, as earlier replies of this process have shown. If groups are small, a limit
//! for each parent is cut here: to read a few documents more is cheaper than to group them on the server.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use crate::Find;
use crate::store::Exec;

/// How many times the documents within the windows may be fetched.
const SURPLUS: u64 = 4;

/// At most this many averages are kept.
const KEPT: usize = 1_000;

static AVERAGES: LazyLock<Mutex<HashMap<Group, u64>>> = LazyLock::new(Mutex::default);

/// The documents with equal values in a field.
#[derive(PartialEq, Eq, Hash)]
pub(super) struct Group {
    database: String,
    collection: &'static str,
    field: &'static str,
}

impl Group {
    pub(super) fn of(exec: Exec<'_>, find: &Find, field: &'static str) -> Self {
        Self { database: exec.database().name().to_owned(), collection: find.collection, field }
    }

    /// How many documents to fetch at most for the windows of `keys` parents; `None` if the server should cut them.
    pub(super) fn fetched(&self, find: &Find, keys: usize) -> Option<u64> {
        let last = find.skip.unwrap_or(0).checked_add(find.limit?)?;
        let most = last.checked_mul(SURPLUS)?;
        let average = *AVERAGES.lock().unwrap_or_else(PoisonError::into_inner).get(self)?;
        // a pipeline computes the keys of the order, or joins conditions
        (average <= most && !find.is_pipeline()).then(|| most.saturating_mul(keys as u64))
    }

    /// Remembers that `keys` parents have this number of documents, if the query has no condition that other queries may
    /// not have.
    pub(super) fn learn(self, find: &Find, keys: usize, documents: u64) {
        if !find.filter.is_empty() || !find.joins.is_empty() {
            return;
        }
        let mut averages = AVERAGES.lock().unwrap_or_else(PoisonError::into_inner);
        if averages.len() >= KEPT {
            averages.clear();
        }
        averages.insert(self, documents.div_ceil(keys.max(1) as u64));
    }

    /// Forgets the average, because there were many more documents.
    pub(super) fn forget(&self) {
        AVERAGES.lock().unwrap_or_else(PoisonError::into_inner).remove(self);
    }
}
