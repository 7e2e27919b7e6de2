use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fmt;

use mongodb::Database;
use mongodb::bson::{Bson, Document, doc};
use mongodb::options::UpdateOptions;
use serde::Serialize;

use super::scan::{DOCUMENT, Report};
use super::walk::{Batch, Broken, Kind, Seconds, Walk};
use crate::bson::size;
use crate::bson::{Identity, identity};
use crate::reference::{Reference, references, unique_keys};
use crate::store::{self, BoxFuture, Exec, KEY_BYTES, KEYS_PER_COMMAND, among, chunks, chunks_by, filter};
use crate::{Result, delete};

/// What [`Report::repair`] does with a broken reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Repair {
    /// Takes it away, and leaves the document: the key is emptied, the id pulled out of the array. A link without an end
    /// is deleted, since nothing is left of it.
    Unlink,
    /// Deletes the document that holds it. A key of another type than the id is broken too, as a string of the digits where
    /// an `ObjectId` belongs: convert such keys before a repair, which can't tell what they were meant for.
    Delete,
}

/// What [`Report::repair`] did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct RepairReport {
    /// How many keys were emptied, and arrays freed of ids: each array once, however many ids.
    pub unlinked: u64,
    /// How many documents were deleted.
    pub deleted: u64,
    /// How many broken references were left, since their key is required.
    pub skipped: u64,
    /// The same for each key.
    pub keys: Vec<RepairedKey>,
}

/// What was done about one key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct RepairedKey {
    /// The model that holds the key.
    pub model: &'static str,
    /// The key's stored name.
    pub field: &'static str,
    /// How many keys were emptied, or arrays freed of ids.
    pub unlinked: u64,
    /// How many documents were deleted.
    pub deleted: u64,
    /// How many broken references were left, since the key is required.
    pub skipped: u64,
}

impl fmt::Display for RepairReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { unlinked, deleted, skipped, keys } = self;
        write!(f, "{unlinked} unlinked, {} deleted, {skipped} skipped", DOCUMENT.with_count(*deleted))?;
        for RepairedKey { model, field, unlinked, deleted, skipped } in keys {
            write!(f, "\n  `{model}::{field}`: {unlinked} unlinked, {deleted} deleted, {skipped} skipped")?;
            if *skipped > 0 {
                f.write_str("; it is required: delete, or write another id")?;
            }
        }
        Ok(())
    }
}

type Collection = &'static str;
type Key = (Collection, &'static str, Collection);

impl Report {
    /// Repairs the keys that the scan found broken: takes away what points nowhere, or deletes what holds it.
    ///
    /// It doesn't go by the report's entries, which may be old or incomplete. Each key that was found broken is read again,
    /// and written batch by batch, only where `_id` and key are still what was read. What refers to documents that this
    /// deletes is found by their ids and mended next, level by level, until nothing is left to do. A scan then finds only
    /// what was skipped. Commands are those of a [`scan`](super::scan()) of these keys, and one or two a batch for the
    /// writes; for each further level and key three, and as many for every further 1,000 documents. Where rules delete
    /// more with a document, the keys that refer to those are read whole again.
    ///
    /// A key that can't be empty isn't unlinked; it is skipped, and counted. Of several documents in the place of one, the
    /// one with the least `_id` stays as it is.
    ///
    /// ```no_run
    /// use earnorm::prelude::*;
    ///
    /// # async fn run(db: mongodb::Database) -> earnorm::Result<()> {
    /// let report = earnorm::integrity::scan(&db).await?;
    /// let repaired = report.repair(&db, Repair::Unlink).await?;
    /// println!("{repaired}");
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Restricted`](crate::Error::Restricted) where a rule forbids that a document is deleted;
    /// [`Error::Driver`](crate::Error::Driver). What was repaired before stays so; call it again.
    pub fn repair<'r>(&'r self, db: &'r Database, how: Repair) -> BoxFuture<'r, Result<RepairReport>> {
        Box::pin(async move {
            let mut work = Work::new(db, how);
            work.pass(&self.broken(false).collect(), &self.broken(true).collect()).await?;
            while !work.gone.is_empty() || !work.emptied.is_empty() {
                work.follow().await?;
            }
            work.report.keys.retain(|key| key.unlinked + key.deleted + key.skipped > 0);
            Ok(work.report)
        })
    }
}

struct Work<'d> {
    db: &'d Database,
    how: Repair,
    report: RepairReport,
    /// What was deleted, or was to be, and others may refer to.
    gone: BTreeMap<Collection, Vec<Bson>>,
    /// Where documents were deleted with these, by rules.
    emptied: BTreeSet<Collection>,
    /// What was skipped, so that it counts once however often it is met.
    skipped: HashSet<(Key, Kind, Identity)>,
}

impl<'d> Work<'d> {
    fn new(db: &'d Database, how: Repair) -> Self {
        let (gone, emptied, skipped) = (BTreeMap::new(), BTreeSet::new(), HashSet::new());
        Self { db, how, report: RepairReport::default(), gone, emptied, skipped }
    }

    /// Mends what refers to the documents that were deleted last.
    async fn follow(&mut self) -> Result<()> {
        let (gone, emptied) = (std::mem::take(&mut self.gone), std::mem::take(&mut self.emptied));
        let to = |reference: &&Reference| !emptied.contains(reference.parent.collection);
        for reference in references().iter().filter(to) {
            let ids = gone.get(reference.parent.collection).map_or(&[][..], Vec::as_slice);
            let keys: Vec<Bson> = ids.iter().map(|id| reference.stored.key(id)).collect();
            for keys in chunks(&keys) {
                let mut walk = Walk::among(self.db, reference, keys).await?;
                while let Some(batch) = walk.next().await? {
                    self.mend(&[reference], batch).await?;
                }
            }
        }
        let again = references().iter().map(Reference::location).filter(|(_, _, parent)| emptied.contains(parent));
        self.pass(&again.collect(), &BTreeSet::new()).await
    }

    async fn pass(&mut self, keys: &BTreeSet<Key>, seconds: &BTreeSet<Key>) -> Result<()> {
        for here in references().chunk_by(|a, b| a.holder.collection == b.holder.collection) {
            let here: Vec<&Reference> = here.iter().filter(|reference| keys.contains(&reference.location())).collect();
            if let Some(mut walk) = Walk::open(self.db, &here).await? {
                while let Some(batch) = walk.next().await? {
                    self.mend(&here, batch).await?;
                }
            }
        }
        for place in unique_keys().iter().filter(|place| seconds.contains(&place.reference.location())) {
            let mut walk = Seconds::open(self.db, place).await?;
            while let Some(batch) = walk.next().await? {
                self.mend(&[place.reference], batch).await?;
            }
        }
        Ok(())
    }

    async fn mend(&mut self, references: &[&'static Reference], batch: Batch) -> Result<()> {
        for reference in references {
            for kind in [Kind::Key, Kind::Element, Kind::Link, Kind::Second] {
                let here =
                    |broken: &&Broken| broken.kind == kind && broken.reference.location() == reference.location();
                let broken: Vec<&Broken> = batch.broken.iter().filter(here).collect();
                if !broken.is_empty() {
                    self.mend_alike(reference, kind, &broken).await?;
                }
            }
        }
        Ok(())
    }

    /// Broken references of one key and kind, in documents of one batch.
    async fn mend_alike(&mut self, reference: &'static Reference, kind: Kind, broken: &[&Broken]) -> Result<()> {
        if self.how == Repair::Delete || kind == Kind::Link {
            self.delete(reference, broken).await
        } else if kind == Kind::Element {
            self.pull(reference, broken).await
        } else if let Some(change) = reference.clear_update() {
            self.empty(reference, &change, broken).await
        } else {
            for broken in broken {
                if self.skipped.insert((reference.location(), kind, identity(&broken.holder))) {
                    self.key(reference).skipped += 1;
                    self.report.skipped += 1;
                }
            }
            Ok(())
        }
    }

    async fn delete(&mut self, reference: &'static Reference, broken: &[&Broken]) -> Result<()> {
        let (collection, mut any) = (reference.holder.collection, false);
        for filter in still(reference.field, broken) {
            let (deleted, beside) = delete::delete_matching(Exec::Database(self.db), reference.holder, filter).await?;
            self.key(reference).deleted += deleted;
            self.report.deleted += deleted;
            self.emptied.extend(beside.into_iter().filter(|collection| is_referred_to(collection)));
            any |= deleted > 0;
        }
        // one that is there still is seen to be there
        if any && is_referred_to(collection) {
            self.gone.entry(collection).or_default().extend(broken.iter().map(|broken| broken.holder.clone()));
        }
        Ok(())
    }

    async fn empty(&mut self, reference: &'static Reference, change: &Document, broken: &[&Broken]) -> Result<()> {
        for filter in still(reference.field, broken) {
            self.update(reference, filter, change.clone()).await?;
        }
        Ok(())
    }

    /// An array that is freed of ids counts once, however many updates its ids take.
    async fn pull(&mut self, reference: &'static Reference, broken: &[&Broken]) -> Result<()> {
        let field = reference.field;
        for Arrays { holders, ids, .. } in arrays(broken) {
            let filter = filter("_id", &holders, &doc! { field: { "$type": "array" } });
            let mut freed = 0;
            for ids in chunks(&ids) {
                let update = doc! { "$pullAll": { field: ids } };
                freed = self.change(reference, filter.clone(), update).await?.max(freed);
            }
            self.unlinked(reference, freed);
        }
        Ok(())
    }

    async fn update(&mut self, reference: &'static Reference, filter: Document, update: Document) -> Result<()> {
        let changed = self.change(reference, filter, update).await?;
        self.unlinked(reference, changed);
        Ok(())
    }

    async fn change(&self, reference: &'static Reference, filter: Document, update: Document) -> Result<u64> {
        let (collection, options) = (reference.holder.collection, UpdateOptions::default());
        let updated = store::update_many(Exec::Database(self.db), collection, filter, update, options).await?;
        Ok(updated.modified_count)
    }

    fn unlinked(&mut self, reference: &'static Reference, number: u64) {
        self.key(reference).unlinked += number;
        self.report.unlinked += number;
    }

    fn key(&mut self, reference: &'static Reference) -> &mut RepairedKey {
        let (model, field) = (reference.holder.name, reference.field);
        let keys = &mut self.report.keys;
        let known = keys.iter().position(|key| (key.model, key.field) == (model, field));
        let index = known.unwrap_or_else(|| {
            keys.push(RepairedKey { model, field, unlinked: 0, deleted: 0, skipped: 0 });
            keys.len() - 1
        });
        &mut keys[index]
    }
}

fn is_referred_to(collection: Collection) -> bool {
    references().iter().any(|reference| reference.parent.collection == collection)
}

/// Documents, and what is broken of the ids in their arrays: as much as fits into one update, or one document.
#[derive(Default)]
struct Arrays {
    holders: Vec<Bson>,
    ids: Vec<Bson>,
    seen: HashSet<Identity>,
    bytes: usize,
}

/// Broken ids by their documents, whose ids come together.
fn arrays(broken: &[&Broken]) -> Vec<Arrays> {
    let mut all: Vec<Arrays> = vec![Arrays::default()];
    for array in broken.chunk_by(|a, b| a.holder == b.holder) {
        let Some(holder) = array.first().map(|first| &first.holder) else { continue };
        let bytes = array.iter().map(|broken| size(&broken.id)).sum::<usize>() + size(holder);
        let has_room = |last: &Arrays| {
            let new = array.iter().filter(|broken| !last.seen.contains(&identity(&broken.id))).count();
            last.ids.len() + new <= KEYS_PER_COMMAND && last.bytes + bytes <= KEY_BYTES
        };
        if all.last().is_some_and(|last| !last.holders.is_empty() && !has_room(last)) {
            all.push(Arrays::default());
        }
        let Some(last) = all.last_mut() else { continue };
        last.holders.push(holder.clone());
        last.bytes += bytes;
        for broken in array {
            if last.seen.insert(identity(&broken.id)) {
                last.ids.push(broken.id.clone());
            }
        }
    }
    all
}

/// The documents that still hold what was found broken: as few conditions as there can be.
fn still(field: &str, broken: &[&Broken]) -> Vec<Document> {
    let parts = chunks_by(broken.len().max(1), broken, |broken| size(&broken.holder) + size(&broken.id));
    let parts = parts.into_iter().map(|broken| {
        let holders: Vec<Bson> = broken.iter().map(|broken| broken.holder.clone()).collect();
        let ids: Vec<Bson> = broken.iter().map(|broken| broken.id.clone()).collect();
        filter("_id", &holders, &among(field, &ids))
    });
    parts.collect()
}
