//! The public method that explains a query.

use mongodb::Database;

use crate::observe::{Explanation, explained};
use crate::plan::Plan;
use crate::query::Query;
use crate::store::BoxFuture;
use crate::{Model, Result};

impl<M: Model, P: Plan<M>> Query<M, P> {
    /// Says how the server runs each command that [`all`](Query::all) would send for the query and its includes: by which
    /// index, or by a scan of the whole collection, how many documents it examines and returns, and which shards it asks.
    ///
    /// It runs the query, because the commands of an include depend on the keys in the documents that were found. Before each
    /// command, it sends the same one as an `explain` with `executionStats`, which runs the command too. It therefore takes
    /// two times as many commands as [`all`](Query::all), and three times as much work of the server. With
    /// [`Strategy::Lookup`](crate::Strategy::Lookup), the query and its joins are one explained command.
    ///
    /// A server can't explain commands in a transaction, so it takes a database.
    ///
    /// ```no_run
    /// # use earnorm::prelude::*;
    /// # #[derive(Serialize, Deserialize, Model)]
    /// # #[relation(one_to_many, target = "Post", fk = "author_id")]
    /// # struct User { #[serde(rename = "_id")] id: ObjectId, name: String }
    /// # #[derive(Serialize, Deserialize, Model)]
    /// # struct Post { #[serde(rename = "_id")] id: ObjectId, author_id: ObjectId }
    /// # async fn run(db: mongodb::Database) -> earnorm::Result<()> {
    /// let explanation = User::find(User::NAME.eq("Ada")).with(User::POSTS).explain(&db).await?;
    /// println!("{explanation}");
    /// // find users: collection scan; documents examined: 5000, returned: 1
    /// // find posts: index `author_id_1`; documents examined: 20, returned: 20
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`all`](Query::all). If the server can't explain a command, that isn't an error:
    /// [`ExplainedCommand::error`](crate::ExplainedCommand::error) has its message.
    #[track_caller]
    pub fn explain<'e>(self, db: &'e Database) -> BoxFuture<'e, Result<Explanation>>
    where
        P: 'e,
    {
        self.call("explain").run(async move {
            let (rows, explanation) = explained(self.all(db)).await;
            rows.map(|_| explanation)
        })
    }
}
