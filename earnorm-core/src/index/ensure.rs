use std::time::Duration;

use mongodb::options::IndexOptions;
use mongodb::{Database, IndexModel};

use super::declared::to_collation;
use super::drop::Drop;
use super::existing::{existing_in, superfluous};
use super::needed::NeededIndex;
use super::plan::{by_collection, needed_by};
use crate::error::codes::{CANNOT_CREATE, DUPLICATE_KEY};
use crate::error::{Duplicates, FailedIndex, IndexReport, IndexSpec, MadeIndex, RefusedIndex};
use crate::observe::Call;
use crate::schema::{ModelMetadata, models};
use crate::store::BoxFuture;
use crate::store::{Uniqueness, create_indexes, drop_index, duplicates};
use crate::{Error, Result};

/// Makes the indexes that all linked models declare by `#[index(..)]`, and those that their relations need.
///
/// * Each key gets an index. It continues with the fields that the relation's filter compares for equality, those of its
///   order, and those that the filter compares otherwise.
/// * The key of a one-to-one relation gets a unique index.
/// * A join model gets a unique index on its pair of keys, and an index on the second key.
/// * A declared index of a model with a tag contains only the documents with the tag.
///
/// No index is made that another one covers: one on `country` and `created` serves everything that one on `country` does.
/// A declared index with an option is always made. Existing indexes are kept, and the report lists those that new ones have
/// replaced: [`sync_indexes`](crate::sync_indexes()) drops them.
///
/// A unique index of a relation allows any number of documents with a missing or null key. If the key can be null, the
/// unique index is partial, and a second index on all documents serves reads. A declared one has the condition that you
/// write. A unique index of an earlier version of EarnORM may refuse more documents.
///
/// Sends one command for each collection that needs an index, and a second one if an index is missing. If the server
/// refuses that one, each missing index is sent again alone; for a unique one that existing documents violate, at most 11
/// commands then find these documents. Indexes can't be made in a transaction, so the call takes a database.
///
/// All linked models are assumed to be in `db`, also those of other crates, and a missing collection is created. If a
/// program uses several databases, call [`Model::ensure_indexes`](crate::Model::ensure_indexes) for each model:
/// `User::ensure_indexes(&accounts)`.
///
/// An index can contain one array field. If the filter and the order of a relation have two, write `index = false` on the
/// relation, and declare an index yourself.
///
/// ```no_run
/// # async fn run(db: mongodb::Database) -> earnorm::Result<()> {
/// println!("{}", earnorm::ensure_indexes(&db).await?);
/// # Ok(()) }
/// ```
///
/// # Errors
///
/// [`Error::Indexes`](crate::Error::Indexes) if existing documents violate a unique index, or if an index with the same name
/// or keys has other options. All other indexes are made before the error is returned. It has the report, with the ids of
/// the documents that violate a unique index. An index that the server can't make (code 67) is not an error; the report has
/// it in `refused`.
///
/// [`Error::Invalid`](crate::Error::Invalid) for a declared collation that isn't one; [`Error::Driver`](crate::Error::Driver).
#[track_caller]
pub fn ensure_indexes(db: &Database) -> BoxFuture<'_, Result<IndexReport>> {
    Call::named("", "ensure_indexes").run(async move { make(db, needed_by(models())?, Drop::Nothing).await })
}

/// The same as [`ensure_indexes`], for one model. The indexes of its relations may be in other collections.
pub(crate) async fn ensure(db: &Database, model: &'static ModelMetadata) -> Result<IndexReport> {
    Box::pin(make(db, needed_by(std::iter::once(model))?, Drop::Nothing)).await
}

/// Makes the missing ones of these indexes. An existing index is dropped only after all of its collection were made.
pub(super) async fn make(db: &Database, indexes: Vec<NeededIndex>, drop: Drop) -> Result<IndexReport> {
    let (mut report, mut source) = (IndexReport::default(), None);
    for (collection, needed) in by_collection(indexes) {
        let existing = existing_in(db, collection).await?;
        // what will be dropped doesn't count
        let is_kept = |index: &&IndexSpec| drop == Drop::Nothing || !needed.iter().any(|one| one.supersedes(index));
        let kept: Vec<IndexSpec> = existing.iter().filter(is_kept).cloned().collect();
        let (mut there, missing): (Vec<NeededIndex>, Vec<NeededIndex>) =
            needed.iter().cloned().partition(|index| index.exists_in(&kept));
        report.present += there.len();
        let mut run = Making { db, existing: &existing, report: &mut report, source: None };
        let made = run.all(missing).await?;
        let failure = run.source;
        there.extend(made);
        for old in superfluous(&existing, &needed, |index| there.contains(index)) {
            match drop {
                _ if !old.is_superseded => {}
                Drop::Superseded if failure.is_none() => {
                    drop_index(db, collection, &old.index.name).await?;
                    report.dropped.push(old.index.clone());
                }
                _ => report.superseded.push(old.index.clone()),
            }
        }
        source = source.or(failure);
    }
    match source {
        Some(source) => Err(Error::Indexes { report: Box::new(report), source }),
        None => Ok(report),
    }
}

/// The missing indexes of a collection, while they are made.
struct Making<'a> {
    db: &'a Database,
    existing: &'a [IndexSpec],
    report: &'a mut IndexReport,
    /// The first error of an index that was not made.
    source: Option<mongodb::error::Error>,
}

impl Making<'_> {
    /// Makes these indexes. Returns those that were made.
    async fn all(&mut self, missing: Vec<NeededIndex>) -> Result<Vec<NeededIndex>> {
        if missing.is_empty() {
            return Ok(missing);
        }
        if self.create(&missing).await.is_ok() {
            return Ok(missing);
        }
        // none of them was made, and the error doesn't say which one failed
        let mut made = Vec::new();
        for index in missing {
            match self.create(std::slice::from_ref(&index)).await {
                Ok(()) => made.push(index),
                Err(error) if error.has_code(CANNOT_CREATE) => self.refused(&index, &error).await,
                Err(error) => self.failed(&index, error).await?,
            }
        }
        Ok(made)
    }

    /// One command.
    async fn create(&mut self, indexes: &[NeededIndex]) -> Result<()> {
        let Some(first) = indexes.first() else { return Ok(()) };
        let models = indexes.iter().map(|index| index.to_model(self.existing)).collect();
        create_indexes(self.db, first.collection, models).await?;
        self.report.made.extend(indexes.iter().map(|index| index.made(self.existing)));
        Ok(())
    }

    async fn refused(&mut self, index: &NeededIndex, error: &Error) {
        self.report.refused.push(RefusedIndex::new(index.spec(), error.to_string()));
        // instead, make an index that isn't unique; `is_made` prevents a duplicate
        let plain = index.without_unique();
        let is_made = |made: &MadeIndex| made.collection == plain.collection && made.keys == plain.keys;
        if index.unique && !plain.exists_in(self.existing) && !self.report.made.iter().any(is_made) {
            // the first error is in the report
            let _ = self.create(std::slice::from_ref(&plain)).await;
        }
    }

    async fn failed(&mut self, index: &NeededIndex, error: Error) -> Result<()> {
        let (true, Some(source)) = (error.is_reply(), error.driver()) else { return Err(error) };
        let duplicates = if index.unique && error.has_code(DUPLICATE_KEY) {
            match duplicates(self.db, &index.uniqueness()).await {
                Err(error) if !error.is_reply() => return Err(error),
                // a server that can't find them can't say more than its first error
                found => found.unwrap_or_default(),
            }
        } else {
            Vec::new()
        };
        self.source.get_or_insert_with(|| source.clone());
        let reason = reason(&error, &duplicates);
        let spec = IndexSpec { name: index.free_name(self.existing), ..index.spec() };
        self.report.failed.push(FailedIndex::new(spec, reason, duplicates));
        Ok(())
    }
}

/// The server's message. It names only one of the duplicates, so a list of them replaces it.
fn reason(error: &Error, duplicates: &[Duplicates]) -> String {
    match duplicates.len() {
        0 => error.to_string(),
        _ => "existing documents have the same values".to_owned(),
    }
}

impl NeededIndex {
    fn to_model(&self, existing: &[IndexSpec]) -> IndexModel {
        let declared = self.declared.clone().unwrap_or_default();
        let options = IndexOptions::builder()
            .name(self.free_name(existing))
            .unique(self.unique.then_some(true))
            .sparse(declared.sparse.then_some(true))
            .hidden(declared.hidden.then_some(true))
            .expire_after(declared.expire_after.map(|seconds| Duration::from_secs(seconds.into())))
            // one that can't be read was refused when the plan was made
            .collation(declared.collation.as_ref().and_then(|collation| to_collation(collation).ok()))
            .partial_filter_expression(self.partial.clone())
            .build();
        IndexModel::builder().keys(self.keys.clone()).options(options).build()
    }

    fn made(&self, existing: &[IndexSpec]) -> MadeIndex {
        MadeIndex::new(self.collection, self.free_name(existing), self.keys.clone(), self.unique)
    }

    /// What the documents have in common that violate this index.
    pub(super) fn uniqueness(&self) -> Uniqueness<'_> {
        let declared = self.declared.as_ref();
        let mut condition = self.partial.clone().unwrap_or_default();
        if declared.is_some_and(|declared| declared.sparse) {
            let exist = self.keys.keys().map(|key| mongodb::bson::doc! { key: { "$exists": true } });
            condition.insert("$or", exist.collect::<Vec<_>>());
        }
        let collation = declared.and_then(|declared| declared.collation.as_ref());
        let collation = collation.and_then(|collation| to_collation(collation).ok());
        Uniqueness { collection: self.collection, keys: &self.keys, condition, collation }
    }
}
