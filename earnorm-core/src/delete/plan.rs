//! A delete plan as a public value.

use std::fmt;
use std::future::Future;

use mongodb::Database;
use serde::ser::{Serialize, SerializeStruct, Serializer};

use super::closure::{Closure, CountMode};
use super::digest::digest;
use super::execute::Execution;
use super::limits::{LIMIT, map_too_large, restricted_error};
use super::mark::deletion_of;
use super::report::DeleteReport;
use super::scope::{Removal, Scope};
use super::tally::{Tally, numbers};
use crate::Blockers;
use crate::observe::Call;
use crate::schema::ModelMetadata;
use crate::store::{self, BoxFuture, Exec, Executor, IdsByModel, KEYS_PER_COMMAND, among, atomically};
use crate::{Error, Find, Result};

/// What a delete would do. `plan_delete` returns it.
///
/// A plan can be inspected, printed, serialized, and [executed](DeletePlan::execute).
///
/// ```no_run
/// use earnorm::prelude::*;
///
/// # #[derive(Serialize, Deserialize, Model)]
/// # #[relation(one_to_many, target = "Post", fk = "author_id", cascade_delete)]
/// # struct User { #[serde(rename = "_id")] id: ObjectId }
/// # #[derive(Serialize, Deserialize, Model)]
/// # struct Post { #[serde(rename = "_id")] id: ObjectId, author_id: ObjectId }
/// # async fn run(db: mongodb::Database, user: User) -> earnorm::Result<()> {
/// let plan = user.plan_delete(&db).await?;
/// println!("{plan}"); // 1 user, 21 posts deleted
/// if !plan.is_blocked() && plan.deleted() < 100 {
///     plan.execute(&db).await?;
/// }
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
#[must_use = "a plan does nothing until it is executed"]
pub struct DeletePlan {
    scope: Scope,
    closure: Closure,
    tally: Tally,
    limit: u64,
}

/// The progress of [`DeletePlan::execute_in_batches`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeleteProgress {
    /// How many documents were written so far.
    pub done: u64,
    /// How many documents the plan writes.
    pub total: u64,
}

numbers!(DeletePlan);

impl DeletePlan {
    /// Finds a plan. `roots` finds the ids of the documents to delete.
    pub(crate) async fn find(
        exec: Exec<'_>,
        root: &'static ModelMetadata,
        roots: impl Future<Output = Result<IdsByModel>>,
    ) -> Result<Self> {
        let scope = Scope::of(root, Removal::ByModel)?;
        let closure = Closure::find(exec, &scope, roots.await?, CountMode::All).await?;
        Ok(Self { scope, tally: closure.tally(), closure, limit: LIMIT })
    }

    /// The documents that block the delete: they refer to a document that it would delete, by a key with the rule
    /// `restrict`.
    pub fn blockers(&self) -> &[Blockers] {
        &self.closure.blockers
    }

    /// Whether any document blocks the delete.
    pub fn is_blocked(&self) -> bool {
        !self.closure.blockers.is_empty()
    }

    /// A digest of the plan: 32 hexadecimal digits.
    ///
    /// Use it if another request confirms the delete, perhaps in another process: show the plan, let the client send
    /// the digest back, and call [`delete_if`](crate::Model::delete_if).
    ///
    /// Two plans have the same digest if they delete documents with the same ids, empty or remove the same number of
    /// references for each relation, and are blocked by the same number of documents. A digest isn't a secret, and
    /// doesn't prove that a client is allowed to delete.
    ///
    /// ```no_run
    /// use earnorm::Error;
    /// use earnorm::prelude::*;
    ///
    /// # #[derive(Serialize, Deserialize, Model)]
    /// # struct User { #[serde(rename = "_id")] id: ObjectId }
    /// /// `GET /users/{id}/delete`: what the page shows, and the hidden field of its form.
    /// async fn ask(db: &mongodb::Database, user: &User) -> earnorm::Result<(String, String)> {
    ///     let plan = user.plan_delete(db).await?;
    ///     Ok((plan.to_string(), plan.digest()))
    /// }
    ///
    /// /// `POST /users/{id}/delete`: 409 asks again.
    /// async fn confirm(db: &mongodb::Database, user: &User, digest: &str) -> earnorm::Result<u16> {
    ///     match user.delete_if(db, digest).await {
    ///         Err(Error::StalePlan | Error::Restricted { .. }) => Ok(409),
    ///         outcome => outcome.map(|_| 204),
    ///     }
    /// }
    /// ```
    pub fn digest(&self) -> String {
        digest(self.scope.root(), &self.closure)
    }

    /// Sets how many documents one transaction may write. The default is 250,000.
    ///
    /// What a server can handle depends on its memory, and on its time limit for transactions, which is 60 seconds by
    /// default.
    pub fn limit(mut self, documents: u64) -> Self {
        self.limit = documents;
        self
    }

    /// Executes the plan: in the caller's transaction, or else in a new one.
    ///
    /// A standalone server has no transactions. There, children are deleted before their parents, and an interrupted
    /// delete can be run again.
    ///
    /// The documents are found again first. This takes at most three commands for each relation and level, one more for
    /// every further 1,000 documents of a level, and one to commit.
    ///
    /// # Errors
    ///
    /// [`Error::StalePlan`] if the delete would no longer do the same; nothing was written, and a new plan is needed.
    /// [`Error::Restricted`] if a document blocks the delete. [`Error::TransactionTooLarge`], [`Error::Hook`],
    /// [`Error::Driver`].
    #[track_caller]
    pub fn execute<'e>(&'e self, on: impl Executor<'e>) -> BoxFuture<'e, Result<DeleteReport>> {
        Call::of(self.scope.root(), "execute").run(async move {
            let outcome = atomically(on.executor(), async |exec| {
                self.recheck(exec).await?;
                super::carry_out(exec, &self.scope, &self.closure, self.limit).await
            });
            outcome.await.map_err(|error| map_too_large(error, self.closure.size(), self.limit))
        })
    }

    /// Executes the plan in chunks of at most 10,000 documents, for a delete that is too large for one transaction.
    ///
    /// Children are deleted before their parents, and `progress` is called after each chunk. If the delete is
    /// interrupted, no document remains whose parent was deleted, and a new plan deletes the rest. The hooks of a
    /// document run before and after its chunk; an error of a hook ends the delete there.
    ///
    /// This takes as many commands as [`execute`](DeletePlan::execute), without the commit.
    ///
    /// ```no_run
    /// # use earnorm::prelude::*;
    /// # #[derive(Serialize, Deserialize, Model)]
    /// # struct User { #[serde(rename = "_id")] id: ObjectId, active: bool }
    /// # async fn run(db: mongodb::Database) -> earnorm::Result<()> {
    /// let plan = User::find(User::ACTIVE.eq(false)).plan_delete(&db).await?;
    /// plan.execute_in_batches(&db, |progress| println!("{} of {}", progress.done, progress.total)).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::StalePlan`] and [`Error::Restricted`] before the first write. [`Error::Hook`], [`Error::Driver`].
    #[track_caller]
    pub fn execute_in_batches<'e>(
        &'e self,
        db: &'e Database,
        mut progress: impl FnMut(DeleteProgress) + Send + 'e,
    ) -> BoxFuture<'e, Result<DeleteReport>> {
        Call::of(self.scope.root(), "execute_in_batches").run(async move {
            let exec = db.executor();
            self.recheck(exec).await?;
            let mut state = DeleteProgress { done: 0, total: self.closure.size() };
            let mut progress = |written| {
                state.done += written;
                progress(state);
                Ok(())
            };
            let deletion = deletion_of(exec, &self.scope, &self.closure).await?;
            let execution = Execution::new(exec, (&self.scope, &self.closure), deletion, &mut progress);
            Ok(DeleteReport::new(execution.run_in_batches().await?, deletion, false))
        })
    }

    /// Finds everything again, and fails if the result differs from the plan.
    async fn recheck(&self, exec: Exec<'_>) -> Result<()> {
        if let Some(blockers) = self.closure.blockers.first() {
            return Err(restricted_error(blockers));
        }
        let roots = self.closure.ranges.iter().filter(|range| range.via.is_none());
        let (root, mut ids) = (self.scope.root(), IdsByModel::new());
        for chunk in roots.flat_map(|range| self.closure.chunks(range, KEYS_PER_COMMAND)) {
            let find = Find::new(self.scope.seen(root), among("_id", &self.closure.ids(&chunk)));
            ids.extend(store::ids_by_model(exec, root, find).await?);
        }
        let now = Closure::find(exec, &self.scope, ids, CountMode::All).await?;
        if let Some(blockers) = now.blockers.first() {
            return Err(restricted_error(blockers));
        }
        if !self.closure.same_as(&now) {
            return Err(Error::StalePlan);
        }
        Ok(())
    }
}

impl fmt::Display for DeletePlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.is_blocked() {
            return self.tally.fmt(f);
        }
        f.write_str("blocked")?;
        for blockers in &self.closure.blockers {
            write!(f, "\n  `{}`: {blockers}", blockers.rule)?;
        }
        Ok(())
    }
}

impl Serialize for DeletePlan {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut plan = serializer.serialize_struct("DeletePlan", 3)?;
        plan.serialize_field("model", self.scope.root().name)?;
        plan.serialize_field("affected", &self.tally)?;
        plan.serialize_field("blockers", &self.closure.blockers)?;
        plan.end()
    }
}
