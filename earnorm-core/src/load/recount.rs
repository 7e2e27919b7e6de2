//! Counts the documents of a relation anew, for its counter.

use crate::observe::Call;
use crate::reference::counted_keys;
use crate::relation::{Association, Kind, Relation};
use crate::schema::same_model;
use crate::store::{BoxFuture, Executor};
use crate::write::recount;
use crate::{Error, Filter, Model, Query, Result};

impl<S: Model, T: 'static, R: Relation<Source = S>, K: Kind<S, T>> Association<S, T, R, K> {
    /// Counts the related documents of all documents of the model, corrects their counters, and returns how many were wrong.
    ///
    /// A counter is a field that `counter` of the relation names. EarnORM keeps it right; it can be wrong after writes by other
    /// programs, or if the relation got its counter when there were documents already.
    ///
    /// One command for the ids of the documents. For each 1,000 of them, in one transaction: two commands, one more if a
    /// counter is wrong, and the commit. The ids are held in memory.
    ///
    /// ```no_run
    /// use earnorm::prelude::*;
    ///
    /// #[derive(Serialize, Deserialize, Model)]
    /// #[relation(one_to_many, target = Post, fk = author_id, counter = post_count)]
    /// struct User {
    ///     #[serde(rename = "_id")]
    ///     id: ObjectId,
    ///     #[serde(default)]
    ///     post_count: i64,
    /// }
    ///
    /// #[derive(Serialize, Deserialize, Model)]
    /// struct Post {
    ///     #[serde(rename = "_id")]
    ///     id: ObjectId,
    ///     author_id: ObjectId,
    /// }
    ///
    /// # async fn run(db: mongodb::Database) -> earnorm::Result<()> {
    /// let corrected = User::POSTS.recount(&db).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] if the relation has no `counter`; [`Error::Driver`]. Earlier corrections are kept.
    #[track_caller]
    pub fn recount<'e>(&self, on: impl Executor<'e>) -> BoxFuture<'e, Result<u64>> {
        self.recount_in(on, Query::new(Filter::default()))
    }

    /// The same as [`recount`](Self::recount), only for the results of a query.
    ///
    /// # Errors
    ///
    /// As for [`recount`](Self::recount).
    #[track_caller]
    pub fn recount_in<'e>(&self, on: impl Executor<'e>, query: Query<S>) -> BoxFuture<'e, Result<u64>> {
        Call::on(S::METADATA, R::META.name, "recount_in").run(async move {
            let is_this = |owner, name: &str| same_model(owner, S::METADATA) && name == R::META.name;
            let counted = counted_keys().iter().find(|key| is_this(key.owner, key.relation.name));
            let Some(counted) = counted.filter(|counted| counted.counter().is_some()) else {
                let reason = format!("`{}` has no counter; write `counter = ..` in its attribute", R::META.name);
                return Err(Error::Invalid { model: S::METADATA.name, reason, value: false });
            };
            let exec = on.executor();
            let ids = query.result_ids(exec).await?;
            recount(exec, counted, &ids).await
        })
    }
}
