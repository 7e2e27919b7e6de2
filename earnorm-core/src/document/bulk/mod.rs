//! Many writes in few commands: `User::bulk(&db)`.

mod prepare;
mod run;
mod write;

use std::fmt;

use self::write::Write;
use crate::observe::Call;
use crate::store::{BoxFuture, Exec};
use crate::{BulkReport, IntoUpdate, Model, Operand, Result};

/// Writes of documents of one model, which are sent in few commands. [`Model::bulk`] creates one.
///
/// A bulk takes any number of writes. Nothing is sent before [`run`](Bulk::run) is awaited.
///
/// ```no_run
/// use earnorm::prelude::*;
///
/// # #[derive(Serialize, Deserialize, Model)]
/// # struct User { #[serde(rename = "_id")] id: ObjectId, name: String, logins: i64 }
/// # async fn run(db: mongodb::Database, new: User, changed: User, id: ObjectId, seen: Vec<ObjectId>) -> earnorm::Result<()> {
/// let report = User::bulk(&db)
///     .insert(new)
///     .save(changed)
///     .delete(id)
///     .run()
///     .await?;
/// println!("{report}"); // 1 inserted, 1 replaced, 1 deleted
///
/// let mut bulk = User::bulk(&db);
/// for id in seen {
///     bulk = bulk.update(id, User::LOGINS.inc(1));
/// }
/// let report = bulk.run().await?;
/// println!("{} of the users don't exist", report.unmatched());
/// # Ok(()) }
/// ```
///
/// # Order
///
/// The writes run in the order of the calls. The first one that fails is the last one. An update or a delete of a document
/// that doesn't exist is not a failure.
///
/// After [`unordered`](Bulk::unordered), they run in any order, and all of them run even if some fail. That takes fewer
/// commands if the calls alternate, as in `.insert(..).update(..).insert(..)`.
///
/// # Commands
///
/// Inserts share a command, saves and updates share one, and deletes share one. In order, consecutive writes do; without an
/// order, all do. This makes one command for:
///
/// * 100,000 documents or 48 MB of inserts
/// * 100,000 saves and updates, or 12 MB of them
/// * 100,000 deletes, or 8 MB of ids
///
/// If updates found no document, one read for each 1,000 updates finds out which ones. A bulk without writes sends nothing.
///
/// Checks of references and delete rules take as many commands as for [`insert_many`](Model::insert_many) and
/// [`Query::delete`](crate::Query::delete), for each group of writes. Hooks may send more commands.
///
/// # What holds
///
/// * Managed fields are set as by the calls for one document. The times of all documents are equal. A save of a document
///   that was changed since it was read fails with [`Error::Stale`](crate::Error::Stale).
/// * Save hooks run for documents that are inserted or saved, delete hooks and delete rules for those that are deleted. As
///   for [`update`](Model::update), no hooks run for updates.
/// * With `#[model(check_references)]`, inserts and saves are checked.
/// * Counters of relations stay right. If the model is counted, this takes one read before and one after each group of
///   inserts, saves and updates, for each 1,000 documents, and one command for each model with counters.
/// * Documents with `#[model(soft_delete)]` are marked, and not deleted.
///
/// If hooks, checks, rules or counters apply, all writes run in one transaction: if one fails, nothing is written. A
/// standalone server has no transactions; there, the writes before the failure are kept.
///
/// A new document gets an id like that of [`insert`](Model::insert). The bulk owns its documents, so their new ids are in
/// [`BulkReport::results`]. A later save of a document with a version needs its new version: read the document again.
#[must_use = "a bulk sends nothing until `run` is awaited"]
pub struct Bulk<'e, M: Model> {
    exec: Exec<'e>,
    ordered: bool,
    writes: Vec<Write<M>>,
}

impl<M: Model> fmt::Debug for Bulk<'_, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Bulk");
        debug.field("model", &M::METADATA.name).field("writes", &self.writes.len()).field("ordered", &self.ordered);
        debug.finish_non_exhaustive()
    }
}

impl<'e, M: Model> Bulk<'e, M> {
    pub(crate) fn new(exec: Exec<'e>) -> Self {
        Self { exec, ordered: true, writes: Vec::new() }
    }

    fn with(mut self, write: Write<M>) -> Self {
        self.writes.push(write);
        self
    }

    /// Adds an [insert](Model::insert).
    pub fn insert(self, document: M) -> Self {
        self.with(Write::Insert(document))
    }

    /// Adds an insert of each document.
    pub fn insert_many(mut self, documents: impl IntoIterator<Item = M>) -> Self {
        self.writes.extend(documents.into_iter().map(Write::Insert));
        self
    }

    /// Adds a [save](Model::save): it replaces the stored document with the same id, or inserts the document.
    pub fn save(self, document: M) -> Self {
        self.with(Write::Save(document))
    }

    /// Adds a save of each document.
    pub fn save_many(mut self, documents: impl IntoIterator<Item = M>) -> Self {
        self.writes.extend(documents.into_iter().map(Write::Save));
        self
    }

    /// Adds an [update](Model::update_by_id) of the document with this id.
    pub fn update(self, id: impl Operand<M::Id>, update: impl IntoUpdate<M>) -> Self {
        self.with(Write::Update(id.into_operand(), update.into_update()))
    }

    /// Adds a [delete](Model::delete) of the document with this id.
    pub fn delete(self, id: impl Operand<M::Id>) -> Self {
        self.with(Write::Delete(id.into_operand()))
    }

    /// Adds a delete of the document with each id.
    pub fn delete_many<I>(mut self, ids: I) -> Self
    where
        I: IntoIterator<Item: Operand<M::Id>>,
    {
        self.writes.extend(ids.into_iter().map(|id| Write::Delete(id.into_operand())));
        self
    }

    /// Runs the writes in any order, and all of them even if some fail.
    pub fn unordered(mut self) -> Self {
        self.ordered = false;
        self
    }

    /// How many writes were added.
    pub fn len(&self) -> usize {
        self.writes.len()
    }

    /// Whether no write was added.
    pub fn is_empty(&self) -> bool {
        self.writes.is_empty()
    }

    /// Runs the writes. The documentation of [`Bulk`] has the number of commands.
    ///
    /// # Errors
    ///
    /// [`Error::Bulk`](crate::Error::Bulk) if a write fails. It has the outcome of each write and the first error. In a
    /// transaction, also in that of the caller, the first failure is the last write.
    ///
    /// Before anything is sent: [`Error::Encode`](crate::Error::Encode); [`Error::Unsaved`](crate::Error::Unsaved) for an id
    /// that is `None`; [`Error::Invalid`](crate::Error::Invalid) for an update by a document without operators, and for a
    /// model with hooks that can't be copied, because neither the model nor all of its fields implement `Clone`.
    ///
    /// [`Error::Driver`](crate::Error::Driver) if the commit of the transaction fails.
    #[track_caller]
    pub fn run(self) -> BoxFuture<'e, Result<BulkReport>> {
        Call::of(M::METADATA, "bulk").run(run::run(self.exec, self.writes, self.ordered))
    }
}
