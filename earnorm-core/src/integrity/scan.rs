//! The scan for broken references.

use std::collections::{HashMap, HashSet};
use std::fmt;

use mongodb::Database;

use super::counters::Owners;
use super::cycles::{cycles, keys_to_itself};
use super::report::{BROKEN, DOCUMENT, Entry, KEPT, Report, ScannedKey, counter_location};
use super::walk::{Broken, Findings, Kind, Seconds, Walk};
use crate::Result;
use crate::observe::Call;
use crate::reference::{CountedKey, Reference, counted_keys, references, unique_keys};
use crate::schema::Documents;
use crate::store::{self, BoxFuture};
use crate::write::Difference;

/// The progress of a scan. `Display` prints one line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// The collection that is being read.
    pub collection: &'static str,
    /// How many of its documents were read.
    pub documents: u64,
    /// How many documents it has, by the server's estimate at the start. Never less than the number of documents read.
    pub total: u64,
    /// How many broken references were found, in all collections.
    pub found: usize,
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { collection, documents, total, found } = self;
        let (total, found) = (DOCUMENT.with_count(*total), BROKEN.with_count(*found as u64));
        write!(f, "{collection}: {documents} of {total} read, {found} found")
    }
}

/// Finds broken references and writes nothing.
///
/// A reference is broken in these cases: a key, or an id in an array, refers to a document that doesn't exist; an end
/// of a link doesn't exist; or several documents have the same key of a one-to-one. A counter (`counter = ..`) that isn't the
/// number of related documents counts as one.
///
/// Each collection that has keys is read once, and only its keys are read. This takes one command at the start that
/// lists the collections, one for each 1,000 documents, one for each 1,000 ids to which they refer, and one more for
/// each one-to-one. Each counter takes one command for each 1,000 documents that have it, and two for their numbers. The memory is bounded, however many documents there are: a scan holds a batch of documents, about
/// 16,000 ids of each key, and the report.
///
/// A missing key and a null aren't broken references, even if the model requires the key; only a link needs both ends.
/// Documents that can't be decoded aren't reported. Only the relations of linked models are scanned.
///
/// Like [`ensure_indexes`](crate::ensure_indexes()), a scan expects all linked models in `db`. If a collection is in
/// another database, all references to its documents are reported. Concurrent writes may or may not be seen, so
/// [`Report::repair`] reads everything again.
///
/// ```no_run
/// # async fn run(db: mongodb::Database) -> earnorm::Result<()> {
/// let report = earnorm::integrity::scan(&db).await?;
/// println!("{report}");
/// for entry in report.entries() {
///     println!("{}::{} of {} holds {}", entry.model, entry.field, entry.holder, entry.id);
/// }
/// # Ok(()) }
/// ```
///
/// # Errors
///
/// [`Error::Driver`](crate::Error::Driver). A key of a wrong type isn't an error but a broken reference.
#[track_caller]
pub fn scan(db: &Database) -> BoxFuture<'_, Result<Report>> {
    Scan::default().run(db)
}

/// Like [`scan`], and calls `progress` after each batch of documents. One more command for each collection, which
/// estimates its number of documents.
///
/// ```no_run
/// # async fn run(db: mongodb::Database) -> earnorm::Result<()> {
/// let report = earnorm::integrity::scan_with(&db, |progress| println!("{progress}")).await?;
/// # Ok(()) }
/// ```
///
/// # Errors
///
/// As for [`scan`].
#[track_caller]
pub fn scan_with<'p>(db: &'p Database, progress: impl FnMut(&Progress) + Send + 'p) -> BoxFuture<'p, Result<Report>> {
    Scan::default().run_with(db, progress)
}

/// A scan with options: [`scan`] finds broken references, and this one can find more.
///
/// ```no_run
/// use earnorm::integrity::Scan;
///
/// # async fn run(db: mongodb::Database) -> earnorm::Result<()> {
/// let report = Scan::default().cycles().run(&db).await?;
/// println!("{report}");
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Copy, Default)]
#[must_use = "a scan does nothing until `run` is awaited"]
pub struct Scan {
    cycles: bool,
    deleted: bool,
}

impl Scan {
    /// Also finds the keys of documents that aren't deleted which refer to deleted ones; see [`Kind::Deleted`]. A delete leaves
    /// them, so that a restore doesn't have to bring them back. One more command for each such key and 1,000 documents.
    pub fn deleted(mut self) -> Self {
        self.deleted = true;
        self
    }

    /// Also finds cycles of keys that refer to documents of their own model, like a category that is below itself; see
    /// [`Kind::Cycle`]. One more command for each such key and 1,000 documents. The ids and keys of all these documents are
    /// held in memory, for one key at a time.
    pub fn cycles(mut self) -> Self {
        self.cycles = true;
        self
    }

    /// Runs the scan; see [`scan`].
    ///
    /// # Errors
    ///
    /// As for [`scan`].
    #[track_caller]
    pub fn run(self, db: &Database) -> BoxFuture<'_, Result<Report>> {
        Call::named("", "scan").run(self.run_all(db, None::<fn(&Progress)>))
    }

    /// Runs the scan, and calls `progress` after each batch of documents; see [`scan_with`].
    ///
    /// # Errors
    ///
    /// As for [`scan`].
    #[track_caller]
    pub fn run_with<'p>(
        self,
        db: &'p Database,
        progress: impl FnMut(&Progress) + Send + 'p,
    ) -> BoxFuture<'p, Result<Report>> {
        Call::named("", "scan").run(self.run_all(db, Some(progress)))
    }

    async fn run_all(self, db: &Database, progress: Option<impl FnMut(&Progress) + Send>) -> Result<Report> {
        let existing = store::collections(db).await?;
        let mut found = scan_all(db, &existing, self.deleted, progress).await?;
        if self.cycles {
            for reference in keys_to_itself() {
                found.key(reference, Kind::Cycle);
                let collection = reference.holder.collection;
                if existing.contains(collection) {
                    let broken = cycles(db, reference).await?;
                    found.add(collection, Findings { documents: 0, broken });
                }
            }
        }
        Ok(found.report())
    }
}

async fn scan_all(
    db: &Database,
    existing: &HashSet<String>,
    deleted: bool,
    mut progress: Option<impl FnMut(&Progress) + Send>,
) -> Result<ReportBuilder> {
    let reports = progress.is_some();
    let mut report = |state: Progress| {
        if let Some(progress) = &mut progress {
            progress(&state);
        }
    };
    let mut found = ReportBuilder::default();
    for keys in references().chunk_by(|a, b| a.holder.collection == b.holder.collection) {
        let keys: Vec<&Reference> = keys.iter().collect();
        for reference in &keys {
            found.key(reference, reference.kind());
            if reference.tag.is_some() {
                found.key(reference, Kind::Tag);
            }
            if deleted && reference.parents.mark.is_some() {
                found.key(reference, Kind::Deleted);
            }
        }
        let collection = keys[0].holder.collection;
        if existing.contains(collection)
            && let Some(mut walk) = Walk::open(db, &keys, deleted).await?
        {
            if reports {
                found.position.entry(collection).or_default().total = store::estimate(db, collection).await?;
            }
            while let Some(findings) = walk.next().await? {
                report(found.add(collection, findings));
            }
        }
    }
    for place in unique_keys() {
        found.key(place.reference, Kind::Second);
        let collection = place.reference.holder.collection;
        if existing.contains(collection) {
            let mut seconds = Seconds::open(db, place).await?;
            while let Some(findings) = seconds.next().await? {
                report(found.add(collection, findings));
            }
        }
    }
    for counted in counted_keys() {
        let collection = counted.owner.collection;
        let Some(key) = found.counter(counted) else { continue };
        if existing.contains(collection) {
            let mut owners = Owners::open(db, counted).await?;
            while let Some(differences) = owners.next().await? {
                report(found.add_counters(key, differences));
            }
        }
    }
    Ok(found)
}

/// How many documents of a collection were read.
#[derive(Default)]
struct Position {
    read: u64,
    total: u64,
}

/// Builds a report. The entries of each key are kept separately.
#[derive(Default)]
struct ReportBuilder {
    position: HashMap<&'static str, Position>,
    broken: usize,
    keys: Vec<(ScannedKey, Vec<Entry>)>,
}

impl ReportBuilder {
    fn key(&mut self, reference: &Reference, kind: Kind) -> &mut (ScannedKey, Vec<Entry>) {
        let mut place = reference.location();
        if kind == Kind::Tag {
            // the variants of a key have their tags in common
            (place.parent, place.tag) = (Documents::all_in(""), "");
        }
        // a key that should be an array and isn't one has another kind, but belongs to the same entry of the report
        let own_entry = |kind: Kind| matches!(kind, Kind::Second | Kind::Cycle | Kind::Deleted).then_some(kind);
        let known = self.keys.iter().position(|(key, _)| key.place == place && own_entry(key.kind) == own_entry(kind));
        let index = known.unwrap_or_else(|| {
            let (model, field, target) = match reference.tag.filter(|_| kind == Kind::Tag) {
                Some(tag) => (reference.holder.name, tag.field, ""),
                None => (reference.holder.name, reference.field, reference.parent.name),
            };
            self.keys.push((ScannedKey { model, field, target, kind, found: 0, place }, Vec::new()));
            self.keys.len() - 1
        });
        &mut self.keys[index]
    }

    fn add(&mut self, collection: &'static str, findings: Findings) -> Progress {
        let position = self.position.entry(collection).or_default();
        position.read += findings.documents as u64;
        let (documents, total) = (position.read, position.total.max(position.read));
        self.broken += findings.broken.len();
        for broken in findings.broken {
            let (key, entries) = self.key(broken.reference, broken.kind);
            key.found += 1;
            if entries.len() < KEPT {
                let ScannedKey { model, field, target, .. } = key;
                let (model, field, target) = (*model, *field, *target);
                let Broken { kind, holder, id, tag, .. } = broken;
                entries.push(Entry { model, field, target, holder, id, kind, tag });
            }
        }
        Progress { collection, documents, total, found: self.broken }
    }

    /// The place of a counter in the report.
    fn counter(&mut self, counted: &CountedKey) -> Option<usize> {
        let place = counter_location(counted)?;
        let (model, field, target) = (counted.owner.name, place.field, counted.reference.holder.name);
        self.keys.push((ScannedKey { model, field, target, kind: Kind::Counter, found: 0, place }, Vec::new()));
        Some(self.keys.len() - 1)
    }

    fn add_counters(&mut self, index: usize, differences: Vec<Difference>) -> Progress {
        let (key, entries) = &mut self.keys[index];
        self.broken += differences.len();
        key.found += differences.len();
        let ScannedKey { model, field, target, kind, place, .. } = *key;
        let kept = differences.into_iter().take(KEPT.saturating_sub(entries.len()));
        entries.extend(kept.map(|Difference { owner, stored, .. }| Entry {
            model,
            field,
            target,
            holder: owner,
            id: stored,
            kind,
            tag: None,
        }));
        let collection = place.holder.collection;
        let position = self.position.entry(collection).or_default();
        Progress { collection, documents: position.read, total: position.total.max(position.read), found: self.broken }
    }

    fn report(self) -> Report {
        let (keys, entries): (Vec<_>, Vec<_>) = self.keys.into_iter().unzip();
        let documents = self.position.values().map(|position| position.read).sum();
        Report { found: self.broken, documents, keys, entries: entries.into_iter().flatten().collect() }
    }
}
