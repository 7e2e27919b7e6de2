//! The counts of an `observe`.

use std::collections::HashSet;
use std::panic::Location;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use indexmap::IndexMap;

use super::call::Call;
use super::call_site::CallSite;
use super::n_plus_one::NPlusOne;
use super::seen::Seen;
use super::source::Source;

/// What one [`observe`](crate::observe()) counts.
pub(super) struct Scope {
    /// The scope around this one.
    outer: Option<Arc<Scope>>,
    counts: Mutex<Counts>,
}

/// The number of a line among those of a scope.
#[derive(Clone, Copy)]
pub(super) struct Entry(usize);

#[derive(Default)]
struct Counts {
    commands: u64,
    documents: u64,
    bytes: u64,
    sites: IndexMap<Key, Site>,
}

/// What distinguishes the calls of one line. A macro or a loop makes several calls at one place.
#[derive(PartialEq, Eq, Hash)]
struct Key {
    location: &'static Location<'static>,
    model: &'static str,
    relation: Option<&'static str>,
    operation: &'static str,
}

/// The calls of one line.
struct Site {
    seen: CallSite,
    source: Option<Source>,
    /// The documents whose relation was read, as far as they are known.
    parents: HashSet<u64>,
    /// The calls whose document isn't known. Each counts as one of another document.
    unknown: u64,
}

impl Scope {
    pub(super) fn new(outer: Option<Arc<Self>>) -> Self {
        Self { outer, counts: Mutex::default() }
    }

    pub(super) fn outer(&self) -> Option<&Arc<Self>> {
        self.outer.as_ref()
    }

    /// Records that a call begins.
    pub(super) fn begin(&self, call: &Call) -> Entry {
        let Call { location, model, relation, operation, source } = *call;
        let mut counts = self.counts();
        let entry = counts.sites.entry(Key { location, model, relation, operation });
        let place = entry.index();
        let site = entry.or_insert_with(|| Site::new(call));
        site.seen.calls += 1;
        if let Some(source) = source {
            match source.parent {
                Some(parent) => drop(site.parents.insert(parent)),
                None => site.unknown += 1,
            }
        }
        Entry(place)
    }

    /// Adds to the counts, and to those of a line.
    pub(super) fn count(&self, entry: Option<Entry>, commands: u64, documents: u64, bytes: u64) {
        let mut counts = self.counts();
        counts.commands += commands;
        counts.documents += documents;
        counts.bytes += bytes;
        if let Some((_, site)) = entry.and_then(|entry| counts.sites.get_index_mut(entry.0)) {
            site.seen.commands += commands;
            site.seen.documents += documents;
            site.seen.bytes += bytes;
        }
    }

    /// Adds the time that a call took.
    pub(super) fn took(&self, entry: Entry, time: Duration) {
        if let Some((_, site)) = self.counts().sites.get_index_mut(entry.0) {
            site.seen.time += time;
        }
    }

    pub(super) fn seen(&self, time: Duration) -> Seen {
        let counts = self.counts();
        let Counts { commands, documents, bytes, ref sites } = *counts;
        let call_sites = sites.values().map(|site| site.seen.clone()).collect();
        let n_plus_one = sites.values().filter_map(|site| {
            let parents = site.parents.len() as u64 + site.unknown;
            NPlusOne::of(&site.seen, site.source?, parents)
        });
        Seen { commands, documents, bytes, time, call_sites, n_plus_one: n_plus_one.collect() }
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        // no code panics while it holds the lock
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Site {
    fn new(call: &Call) -> Self {
        let Call { location, model, relation, operation, source } = *call;
        let seen = CallSite {
            file: location.file(),
            line: location.line(),
            column: location.column(),
            model,
            relation,
            operation,
            calls: 0,
            commands: 0,
            documents: 0,
            bytes: 0,
            time: Duration::ZERO,
        };
        Self { seen, source, parents: HashSet::new(), unknown: 0 }
    }
}
