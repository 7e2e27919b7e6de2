use std::collections::HashMap;
use std::fmt;

use mongodb::Database;
use mongodb::bson::Bson;
use serde::Serialize;

use super::walk::{Batch, Kind, Seconds, Walk};
use crate::Result;
use crate::reference::{Reference, references, unique_keys};
use crate::store::{self, BoxFuture};
use crate::text::Noun;

/// How many entries a report has of each key at the most.
const KEPT: usize = 10_000;

/// How many of them are printed.
const PRINTED: usize = 5;

pub(super) const DOCUMENT: Noun = Noun { singular: "document", plural: "documents" };
const BROKEN: Noun = Noun { singular: "broken reference", plural: "broken references" };
const KEY: Noun = Noun { singular: "key", plural: "keys" };

/// What [`scan`] found: every reference that is broken, counted, and the first 10,000 of each key one by one.
///
/// It prints as a person would read it, and serializes whole.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    found: usize,
    documents: u64,
    keys: Vec<ScannedKey>,
    entries: Vec<Entry>,
}

/// A key that was looked at, by one way in which it can be broken.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ScannedKey {
    /// The model that holds the key.
    pub model: &'static str,
    /// The key's stored name.
    pub field: &'static str,
    /// The model that it refers to.
    pub target: &'static str,
    /// What was looked for.
    pub kind: Kind,
    /// How many there are.
    pub found: usize,
    #[serde(skip)]
    place: (&'static str, &'static str, &'static str),
}

/// A reference that is broken.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Entry {
    /// The model that holds it.
    pub model: &'static str,
    /// The key's stored name.
    pub field: &'static str,
    /// The `_id` of the document that holds it.
    pub holder: Bson,
    /// The id that it holds; null for a link without an end.
    pub id: Bson,
    /// What is wrong with it.
    pub kind: Kind,
}

/// How far a scan is; it prints as a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// The collection that is being read.
    pub collection: &'static str,
    /// How many of its documents have been read.
    pub documents: u64,
    /// How many documents it has, by the server's estimate at the start, and at least as many as have been read.
    pub total: u64,
    /// How many broken references have been found, in all collections.
    pub found: usize,
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { collection, documents, total, found } = self;
        let (total, found) = (DOCUMENT.with_count(*total), BROKEN.with_count(*found as u64));
        write!(f, "{collection}: {documents} of {total} read, {found} found")
    }
}

/// Looks for references that are broken: keys that point nowhere, in arrays too, links with an end that isn't there, and
/// documents that share what a one-to-one gives to one. Nothing is written.
///
/// It reads each collection that has declared keys once, and only these keys: one command for 1,000 documents, one for
/// 1,000 ids that they refer to, one more for a one-to-one, and one at the start that lists the collections. It holds a
/// batch of documents, some 16,000 ids of each key, and the report, so its memory is bounded, however many documents there
/// are.
///
/// It looks at keys and at nothing else. A key that is missing or null is no broken reference, even where the model requires
/// one (only a link without an end is), and documents that don't decode aren't found. Only relations of linked models are
/// known to it.
///
/// As [`ensure_indexes`](crate::ensure_indexes()) does, it takes every linked model for one that lives in `db`: a
/// collection that is elsewhere looks as if all of its documents were missing. What is written meanwhile may be seen or
/// not, so [`Report::repair`] looks again.
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
/// [`Error::Driver`](crate::Error::Driver). Keys of a wrong type are no error: they point nowhere.
pub fn scan(db: &Database) -> BoxFuture<'_, Result<Report>> {
    Box::pin(look(db, None::<fn(&Progress)>))
}

/// As [`scan`], and tells its progress after every batch of documents. One command more for each collection, which asks how
/// many documents it has.
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
pub fn scan_with<'p>(db: &'p Database, progress: impl FnMut(&Progress) + Send + 'p) -> BoxFuture<'p, Result<Report>> {
    Box::pin(look(db, Some(progress)))
}

async fn look(db: &Database, mut progress: Option<impl FnMut(&Progress) + Send>) -> Result<Report> {
    let tells = progress.is_some();
    let mut tell = |progressed: Progress| {
        if let Some(progress) = &mut progress {
            progress(&progressed);
        }
    };
    let there = store::collections(db).await?;
    let mut found = Found::default();
    for keys in references().chunk_by(|a, b| a.holder.collection == b.holder.collection) {
        let keys: Vec<&Reference> = keys.iter().collect();
        for reference in &keys {
            found.key(reference, reference.kind());
        }
        let collection = keys[0].holder.collection;
        if there.contains(collection)
            && let Some(mut walk) = Walk::open(db, &keys).await?
        {
            if tells {
                found.far.entry(collection).or_default().total = store::estimate(db, collection).await?;
            }
            while let Some(batch) = walk.next().await? {
                tell(found.take(collection, batch));
            }
        }
    }
    for place in unique_keys() {
        found.key(place.reference, Kind::Second);
        let collection = place.reference.holder.collection;
        if there.contains(collection) {
            let mut seconds = Seconds::open(db, place).await?;
            while let Some(batch) = seconds.next().await? {
                tell(found.take(collection, batch));
            }
        }
    }
    Ok(found.report())
}

/// How far a scan is in a collection.
#[derive(Default)]
struct Far {
    read: u64,
    total: u64,
}

/// A report in the making: the entries of each key apart.
#[derive(Default)]
struct Found {
    far: HashMap<&'static str, Far>,
    broken: usize,
    keys: Vec<(ScannedKey, Vec<Entry>)>,
}

impl Found {
    fn key(&mut self, reference: &Reference, kind: Kind) -> &mut (ScannedKey, Vec<Entry>) {
        let place = reference.location();
        // an array's key that isn't one is still the key of an array
        let seconds = kind == Kind::Second;
        let known = self.keys.iter().position(|(key, _)| key.place == place && (key.kind == Kind::Second) == seconds);
        let index = known.unwrap_or_else(|| {
            let (model, field, target) = (reference.holder.name, reference.field, reference.parent.name);
            self.keys.push((ScannedKey { model, field, target, kind, found: 0, place }, Vec::new()));
            self.keys.len() - 1
        });
        &mut self.keys[index]
    }

    fn take(&mut self, collection: &'static str, batch: Batch) -> Progress {
        let far = self.far.entry(collection).or_default();
        far.read += batch.documents as u64;
        let (documents, total) = (far.read, far.total.max(far.read));
        self.broken += batch.broken.len();
        for broken in batch.broken {
            let (key, entries) = self.key(broken.reference, broken.kind);
            key.found += 1;
            if entries.len() < KEPT {
                let (model, field) = (key.model, key.field);
                entries.push(Entry { model, field, holder: broken.holder, id: broken.id, kind: broken.kind });
            }
        }
        Progress { collection, documents, total, found: self.broken }
    }

    fn report(self) -> Report {
        let (keys, entries): (Vec<_>, Vec<_>) = self.keys.into_iter().unzip();
        let documents = self.far.values().map(|far| far.read).sum();
        Report { found: self.broken, documents, keys, entries: entries.into_iter().flatten().collect() }
    }
}

impl Report {
    /// How many references are broken.
    pub fn len(&self) -> usize {
        self.found
    }

    /// Whether no reference is broken.
    pub fn is_empty(&self) -> bool {
        self.found == 0
    }

    /// The broken references: of each key the first 10,000 by the holder's `_id`. [`len`](Report::len) counts all.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Every key that was looked at, with the number of its broken references.
    pub fn keys(&self) -> &[ScannedKey] {
        &self.keys
    }

    /// How many documents were read.
    pub fn documents(&self) -> u64 {
        self.documents
    }

    /// The keys of which some are broken, by the places of their references.
    pub(super) fn broken(&self, seconds: bool) -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
        let broken = self.keys.iter().filter(move |key| key.found > 0 && (key.kind == Kind::Second) == seconds);
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
            let said = if key.found == 1 { key.kind.one() } else { key.kind.several() };
            write!(f, "\n  `{}::{}` to `{}`: {} {said}", key.model, key.field, key.target, key.found)?;
            let kept = key.found.min(KEPT);
            for entry in entries.by_ref().take(kept).take(PRINTED) {
                write!(f, "\n    {} holds {}", entry.holder, entry.id)?;
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
            Self::Second => "is where there is one already",
        }
    }

    const fn several(self) -> &'static str {
        match self {
            Self::Key => "point nowhere",
            Self::Element => "in arrays point nowhere",
            Self::Link => "are links without an end",
            Self::Second => "are where there is one already",
        }
    }
}
