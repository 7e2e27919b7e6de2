use std::fmt;
use std::future::Future;

use mongodb::Database;
use serde::ser::{Serialize, SerializeStruct, Serializer};

use super::closure::{Closure, Count, Reach};
use super::digest::digest;
use super::execute::Execution;
use super::limits::{LIMIT, restricted, too_large};
use super::report::DeleteReport;
use super::tally::{Tally, numbers};
use crate::Blockers;
use crate::bson::PackedId;
use crate::schema::ModelMetadata;
use crate::store::{self, BoxFuture, Exec, Executor, KEYS_PER_COMMAND, among, atomically};
use crate::{Error, Find, Result};

/// What a delete would do, found whole and not yet done: what `plan_delete` gives.
///
/// It can be looked at, printed, serialized, and [executed](DeletePlan::execute).
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
    reach: Reach,
    closure: Closure,
    tally: Tally,
    limit: u64,
}

/// How far `execute_in_batches` has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeleteProgress {
    /// How many documents are written so far.
    pub done: u64,
    /// How many there are in all.
    pub total: u64,
}

numbers!(DeletePlan);

impl DeletePlan {
    /// `roots` finds the ids of what is to be deleted.
    pub(crate) async fn find(
        exec: Exec<'_>,
        root: &'static ModelMetadata,
        roots: impl Future<Output = Result<Vec<PackedId>>>,
    ) -> Result<Self> {
        let reach = Reach::of(root)?;
        let closure = Closure::find(exec, &reach, roots.await?, Count::All).await?;
        Ok(Self { reach, tally: closure.tally(), closure, limit: LIMIT })
    }

    /// What forbids it: documents that refer to what it would delete by a key with the rule `restrict`.
    pub fn blockers(&self) -> &[Blockers] {
        &self.closure.blockers
    }

    /// Whether anything forbids it.
    pub fn is_blocked(&self) -> bool {
        !self.closure.blockers.is_empty()
    }

    /// The plan in 32 letters and digits, for a delete that is confirmed by another request, perhaps to another server of
    /// yours: show the plan, let the client send its digest back, and call [`delete_if`](crate::Model::delete_if).
    ///
    /// Two digests are equal if the plans delete the documents with the same ids, empty or remove as many references by
    /// each relation, and are blocked by as many documents. It isn't a secret, and doesn't show that a client may delete.
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
        digest(self.reach.root(), &self.closure)
    }

    /// How many documents one transaction may write, in place of 250,000. What a server bears depends on its memory, and on
    /// the 60 seconds that it gives a transaction.
    pub fn limit(mut self, documents: u64) -> Self {
        self.limit = documents;
        self
    }

    /// Does it: in the caller's transaction, else in one of its own, else (on a standalone server, which has none) children
    /// before their parents, so that it can be run again to its end.
    ///
    /// The documents are looked for again first. At most three commands for each relation and level, one more for every
    /// further 1,000 documents of a level, and one to commit.
    ///
    /// # Errors
    ///
    /// [`Error::StalePlan`] where what it would delete isn't what it was, and nothing was written: make a new plan;
    /// [`Error::Restricted`] where something forbids it; [`Error::TransactionTooLarge`], [`Error::Hook`],
    /// [`Error::Driver`].
    pub fn execute<'e>(&'e self, on: impl Executor<'e>) -> BoxFuture<'e, Result<DeleteReport>> {
        Box::pin(async move {
            let outcome = atomically(on.executor(), async |exec| {
                self.recheck(exec).await?;
                super::write(exec, &self.closure, self.limit).await
            });
            outcome.await.map_err(|error| too_large(error, self.closure.size(), self.limit))
        })
    }

    /// Does it in chunks of at most 10,000 documents, children before their parents, and reports each: for what is too large
    /// for one transaction. If it is cut short, no document is left whose parent is gone, and a new plan does the rest.
    ///
    /// Hooks run around their document's chunk; the error of one ends it there. As many commands as
    /// [`execute`](DeletePlan::execute), without the commit.
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
    /// [`Error::StalePlan`] and [`Error::Restricted`] before the first write; [`Error::Hook`], [`Error::Driver`].
    pub fn execute_in_batches<'e>(
        &'e self,
        db: &'e Database,
        mut progress: impl FnMut(DeleteProgress) + Send + 'e,
    ) -> BoxFuture<'e, Result<DeleteReport>> {
        Box::pin(async move {
            let exec = Exec::Database(db);
            self.recheck(exec).await?;
            let mut state = DeleteProgress { done: 0, total: self.closure.size() };
            let mut progress = |written| {
                state.done += written;
                progress(state);
                Ok(())
            };
            let execution = Execution::new(exec, &self.closure, &mut progress);
            Ok(DeleteReport { tally: execution.run_in_batches().await?, in_transaction: false })
        })
    }

    /// Finds it all again: what is there now has to be what was there then.
    async fn recheck(&self, exec: Exec<'_>) -> Result<()> {
        if let Some(blockers) = self.closure.blockers.first() {
            return Err(restricted(blockers));
        }
        let roots = self.closure.batches.iter().filter(|batch| batch.via.is_none());
        let mut ids = Vec::new();
        for chunk in roots.flat_map(|batch| self.closure.chunks(batch, KEYS_PER_COMMAND)) {
            let find = Find::new(self.reach.root().collection, among("_id", &self.closure.ids(&chunk)));
            ids.extend(store::ids(exec, find).await?);
        }
        let now = Closure::find(exec, &self.reach, ids, Count::All).await?;
        if let Some(blockers) = now.blockers.first() {
            return Err(restricted(blockers));
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
        plan.serialize_field("model", self.reach.root().name)?;
        plan.serialize_field("affected", &self.tally)?;
        plan.serialize_field("blockers", &self.closure.blockers)?;
        plan.end()
    }
}
