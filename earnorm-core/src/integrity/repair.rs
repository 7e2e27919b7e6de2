//! The repair of broken references.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fmt;

use mongodb::Database;
use mongodb::bson::{Bson, Document, doc};
use mongodb::options::UpdateOptions;
use serde::Serialize;

use super::arrays::{Arrays, arrays};
use super::counters::Owners;
use super::report::{COUNTER, DOCUMENT, Report};
use super::walk::{Broken, Findings, Kind, Seconds, Walk};
use crate::bson::{Identity, identity, size};
use crate::observe::Call;
use crate::reference::{CountedKey, KeyLocation, Reference, references, unique_keys};
use crate::schema::{Visible, clear_key};
use crate::store::{BoxFuture, Change, Executor, chunks, chunks_by, filter};
use crate::{Result, delete, write};

/// What [`Report::repair`] does with a broken reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Repair {
    /// Removes the reference and keeps the document: the key is emptied, or the id is removed from the array. A link
    /// without an end is deleted.
    Unlink,
    /// Deletes the document that holds the reference, for good: a document that could be restored would still hold it.
    ///
    /// A key of another type than the id is broken too, for example a hexadecimal string instead of an `ObjectId`.
    /// Convert these keys before a repair.
    Delete,
}

/// What [`Report::repair`] did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct RepairReport {
    /// How many keys were emptied, and how many arrays had ids removed. Each array counts once.
    pub unlinked: u64,
    /// How many documents were deleted.
    pub deleted: u64,
    /// How many broken references were kept because their key is required.
    pub skipped: u64,
    /// How many counters were corrected.
    #[serde(skip_serializing_if = "is_zero")]
    pub recounted: u64,
    /// The same numbers for each key.
    pub keys: Vec<RepairedKey>,
}

/// What a repair did with the references of one key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct RepairedKey {
    /// The model that holds the key.
    pub model: &'static str,
    /// The key's stored name.
    pub field: &'static str,
    /// How many keys were emptied, or how many arrays had ids removed.
    pub unlinked: u64,
    /// How many documents were deleted.
    pub deleted: u64,
    /// How many broken references were kept because the key is required.
    pub skipped: u64,
    /// How many counters were corrected, if this is a counter.
    #[serde(skip_serializing_if = "is_zero")]
    pub recounted: u64,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl fmt::Display for RepairReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { unlinked, deleted, skipped, recounted, keys } = self;
        write!(f, "{unlinked} unlinked, {} deleted, {skipped} skipped", DOCUMENT.with_count(*deleted))?;
        if *recounted > 0 {
            write!(f, ", {} corrected", COUNTER.with_count(*recounted))?;
        }
        for RepairedKey { model, field, unlinked, deleted, skipped, recounted } in keys {
            if *recounted > 0 {
                write!(f, "\n  `{model}::{field}`: {recounted} corrected")?;
                continue;
            }
            write!(f, "\n  `{model}::{field}`: {unlinked} unlinked, {deleted} deleted, {skipped} skipped")?;
            if *skipped > 0 {
                f.write_str("; it is required: delete, or write another id")?;
            }
        }
        Ok(())
    }
}

type Collection = &'static str;
type Key = KeyLocation;

impl Report {
    /// Repairs the keys of which the scan found broken references: removes these references, or deletes the documents
    /// that hold them.
    ///
    /// The repair doesn't use the entries of the report, which may be outdated or incomplete. It reads each of these
    /// keys again and writes in batches. A document is only changed if its key is still the one that was read.
    /// References to documents that the repair deletes are found by their ids and repaired next, level by level. A
    /// later scan then finds only what was skipped.
    ///
    /// A required key isn't unlinked; it is skipped, and counted. If several documents have the same key of a
    /// one-to-one, the one with the least `_id` isn't changed.
    ///
    /// This takes the commands of a [`scan`](super::scan()) of these keys, and one or two for the writes of each batch.
    /// Each further level takes three commands for each key, and three more for every further 1,000 documents. If
    /// delete rules delete further documents, the keys that refer to these collections are scanned again. Wrong counters are
    /// counted again last, in a transaction for each 1,000 documents.
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
    /// [`Error::Restricted`](crate::Error::Restricted) if a document blocks a delete;
    /// [`Error::Driver`](crate::Error::Driver). Earlier repairs are kept, and another call repairs the rest.
    #[track_caller]
    pub fn repair<'r>(&'r self, db: &'r Database, how: Repair) -> BoxFuture<'r, Result<RepairReport>> {
        Call::named("", "repair").run(async move {
            let mut repairer = Repairer::new(db, how);
            repairer.pass(&self.broken(false).collect(), &self.broken(true).collect()).await?;
            while !repairer.deleted_ids.is_empty() || !repairer.cascaded.is_empty() {
                repairer.follow().await?;
            }
            for counted in self.wrong_counters() {
                repairer.recount(counted).await?;
            }
            let is_repaired = |key: &RepairedKey| key.unlinked + key.deleted + key.skipped + key.recounted > 0;
            repairer.report.keys.retain(is_repaired);
            Ok(repairer.report)
        })
    }
}

struct Repairer<'d> {
    db: &'d Database,
    how: Repair,
    report: RepairReport,
    /// The ids of documents that were deleted, and to which others may refer.
    deleted_ids: BTreeMap<Collection, Vec<Bson>>,
    /// The collections in which delete rules deleted further documents.
    cascaded: BTreeSet<Collection>,
    /// What was skipped, so that each reference counts once.
    skipped: HashSet<(Key, Kind, Identity, Identity)>,
}

impl<'d> Repairer<'d> {
    fn new(db: &'d Database, how: Repair) -> Self {
        let (deleted_ids, cascaded, skipped) = (BTreeMap::new(), BTreeSet::new(), HashSet::new());
        Self { db, how, report: RepairReport::default(), deleted_ids, cascaded, skipped }
    }

    /// Repairs the references to the documents that were deleted last.
    async fn follow(&mut self) -> Result<()> {
        let (deleted_ids, cascaded) = (std::mem::take(&mut self.deleted_ids), std::mem::take(&mut self.cascaded));
        let to = |reference: &&Reference| !cascaded.contains(reference.parent.collection);
        for reference in references().iter().filter(to) {
            let ids = deleted_ids.get(reference.parent.collection).map_or(&[][..], Vec::as_slice);
            let keys: Vec<Bson> = ids.iter().map(|id| reference.stored.key(id)).collect();
            for keys in chunks(&keys) {
                let mut walk = Walk::among(self.db, reference, keys).await?;
                while let Some(findings) = walk.next().await? {
                    self.repair_findings(&[reference], findings).await?;
                }
            }
        }
        let again = references().iter().map(Reference::location).filter(|key| cascaded.contains(key.parent.collection));
        self.pass(&again.collect(), &BTreeSet::new()).await
    }

    async fn pass(&mut self, keys: &BTreeSet<Key>, seconds: &BTreeSet<Key>) -> Result<()> {
        for here in references().chunk_by(|a, b| a.holder.collection == b.holder.collection) {
            let here: Vec<&Reference> = here.iter().filter(|reference| keys.contains(&reference.location())).collect();
            if let Some(mut walk) = Walk::open(self.db, &here, false).await? {
                while let Some(findings) = walk.next().await? {
                    self.repair_findings(&here, findings).await?;
                }
            }
        }
        for place in unique_keys().iter().filter(|place| seconds.contains(&place.reference.location())) {
            let mut walk = Seconds::open(self.db, place).await?;
            while let Some(findings) = walk.next().await? {
                self.repair_findings(&[place.reference], findings).await?;
            }
        }
        Ok(())
    }

    async fn repair_findings(&mut self, references: &[&'static Reference], findings: Findings) -> Result<()> {
        for reference in references {
            for kind in [Kind::Key, Kind::Element, Kind::Link, Kind::Second] {
                let here =
                    |broken: &&Broken| broken.kind == kind && broken.reference.location() == reference.location();
                let broken: Vec<&Broken> = findings.broken.iter().filter(here).collect();
                if !broken.is_empty() {
                    self.repair_kind(reference, kind, &broken).await?;
                }
            }
        }
        Ok(())
    }

    /// Repairs broken references of one key and kind, in the documents of one batch.
    async fn repair_kind(&mut self, reference: &'static Reference, kind: Kind, broken: &[&Broken]) -> Result<()> {
        if self.how == Repair::Delete || kind == Kind::Link {
            self.delete(reference, broken).await
        } else if kind == Kind::Element {
            self.unlink_elements(reference, broken).await
        } else if reference.can_be_emptied() {
            self.empty(reference, broken).await
        } else {
            self.skip(reference, kind, broken);
            Ok(())
        }
    }

    fn skip(&mut self, reference: &'static Reference, kind: Kind, broken: &[&Broken]) {
        for broken in broken {
            if self.skipped.insert((reference.location(), kind, identity(&broken.holder), identity(&broken.id))) {
                self.key(reference).skipped += 1;
                self.report.skipped += 1;
            }
        }
    }

    async fn delete(&mut self, reference: &'static Reference, broken: &[&Broken]) -> Result<()> {
        let (collection, mut any) = (reference.holder.collection, false);
        for filter in filters_of(reference, broken) {
            let (deleted, beside) = delete::delete_matching(self.db.executor(), reference.holder, filter).await?;
            self.key(reference).deleted += deleted;
            self.report.deleted += deleted;
            self.cascaded.extend(beside.into_iter().filter(|collection| is_referred_to(collection)));
            any |= deleted > 0;
        }
        // a document that still exists is recognized when the references to it are read
        if any && is_referred_to(collection) {
            self.deleted_ids.entry(collection).or_default().extend(broken.iter().map(|broken| broken.holder.clone()));
        }
        Ok(())
    }

    async fn empty(&mut self, reference: &'static Reference, broken: &[&Broken]) -> Result<()> {
        for filter in filters_of(reference, broken) {
            let clear = if reference.path.is_array {
                // a single id where an array belongs
                doc! { "$set": { reference.field: [] } }
            } else {
                clear_key(reference.field, reference.tag.as_ref(), reference.holder)
            };
            self.update(reference, filter, clear).await?;
        }
        Ok(())
    }

    /// Removes references from arrays: ids, embedded documents, or the keys of these. The references of a document count
    /// once, however many updates they take.
    async fn unlink_elements(&mut self, reference: &'static Reference, broken: &[&Broken]) -> Result<()> {
        for Arrays { holders, ids, .. } in arrays(broken) {
            let mut changed = 0;
            for ids in chunks(&ids) {
                let Some((arrays_exist, change)) = reference.unlink_elements(ids) else {
                    self.skip(reference, Kind::Element, broken);
                    return Ok(());
                };
                let filter = filter("_id", &holders, &arrays_exist);
                changed = self.change(reference, filter, change).await?.max(changed);
            }
            self.count_unlinked(reference, changed);
        }
        Ok(())
    }

    async fn update(&mut self, reference: &'static Reference, filter: Document, update: Document) -> Result<()> {
        let changed = self.change(reference, filter, update).await?;
        self.count_unlinked(reference, changed);
        Ok(())
    }

    async fn change(&self, reference: &'static Reference, filter: Document, update: impl Into<Change>) -> Result<u64> {
        let (holder, options) = ((reference.holder, Visible::All), UpdateOptions::default());
        let updated = write::update_visible(self.db.executor(), holder, filter, update, options).await?;
        Ok(updated.modified)
    }

    /// Corrects all counters of a relation, after the references were repaired that it counts.
    async fn recount(&mut self, counted: &'static CountedKey) -> Result<()> {
        let exec = self.db.executor();
        let mut owners = Owners::open(self.db, counted).await?;
        let mut recounted = 0;
        while let Some(wrong) = owners.next().await? {
            let ids: Vec<Bson> = wrong.into_iter().map(|difference| difference.owner).collect();
            recounted += write::recount(exec, counted, &ids).await?;
        }
        let (model, field) = (counted.owner.name, counted.counter().unwrap_or_default());
        self.report.recounted += recounted;
        self.report.keys.push(RepairedKey { model, field, unlinked: 0, deleted: 0, skipped: 0, recounted });
        Ok(())
    }

    fn count_unlinked(&mut self, reference: &'static Reference, number: u64) {
        self.key(reference).unlinked += number;
        self.report.unlinked += number;
    }

    fn key(&mut self, reference: &'static Reference) -> &mut RepairedKey {
        let (model, field) = (reference.holder.name, reference.field);
        let keys = &mut self.report.keys;
        let known = keys.iter().position(|key| (key.model, key.field) == (model, field));
        let index = known.unwrap_or_else(|| {
            keys.push(RepairedKey { model, field, unlinked: 0, deleted: 0, skipped: 0, recounted: 0 });
            keys.len() - 1
        });
        &mut keys[index]
    }
}

fn is_referred_to(collection: Collection) -> bool {
    references().iter().any(|reference| reference.parent.collection == collection)
}

/// The filters for the documents that still hold a broken reference: as few as possible.
fn filters_of(reference: &Reference, broken: &[&Broken]) -> Vec<Document> {
    let parts = chunks_by(broken.len().max(1), broken, |broken| size(&broken.holder) + size(&broken.id));
    let parts = parts.into_iter().map(|broken| {
        let holders: Vec<Bson> = broken.iter().map(|broken| broken.holder.clone()).collect();
        let ids: Vec<Bson> = broken.iter().map(|broken| broken.id.clone()).collect();
        filter("_id", &holders, &reference.holding(&ids))
    });
    parts.collect()
}
