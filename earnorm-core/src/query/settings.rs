//! The methods that set the options of a query.

use std::time::Duration;

use mongodb::bson::{Bson, doc};
use mongodb::options::{Collation, Hint};

use super::Query;
use crate::bson::nesting;
use crate::error::Refusal;
use crate::plan::Strategy;

impl<M, P, V> Query<M, P, V> {
    /// How the relations of [`with`](Query::with) are loaded: in batches, or in one command with the query.
    ///
    /// ```no_run
    /// use earnorm::prelude::*;
    ///
    /// # #[derive(Serialize, Deserialize, Model)]
    /// # #[relation(one_to_many, target = "Post", fk = "author_id")]
    /// # struct User { #[serde(rename = "_id")] id: ObjectId, name: String }
    /// # #[derive(Serialize, Deserialize, Model)]
    /// # struct Post { #[serde(rename = "_id")] id: ObjectId, author_id: ObjectId }
    /// # async fn run(db: mongodb::Database) -> earnorm::Result<()> {
    /// let ada = User::find(User::NAME.eq("Ada")).with(User::POSTS).strategy(Strategy::Lookup).one(&db).await?;
    /// # Ok(()) }
    /// ```
    pub fn strategy(mut self, strategy: Strategy) -> Self {
        self.options.strategy = strategy;
        self
    }

    /// How the filters and the order of the query compare strings. Keys and ids are compared without it.
    ///
    /// The default collation of a *collection* also decides which keys and ids are equal, in every kind of query. With
    /// `{ locale: "en", strength: 2 }`, the key `"ANN"` refers to the id `"Ann"`. Both collections of a relation should
    /// have the same default: a batch or a handle compares by the collation of the collection that it reads, but
    /// [`Strategy::Lookup`] and conditions on related documents compare by that of the query's collection.
    ///
    /// If a batch finds a document by an equal but different key, it sends one command to find out which keys are
    /// equal, and its own command again. The same happens if two of its keys differ only in case, accents or
    /// punctuation. No other batch sends further commands.
    pub fn collation(mut self, collation: Collation) -> Self {
        self.options.collation = Some(collation);
        self
    }

    /// Which index the server uses.
    pub fn hint(mut self, hint: Hint) -> Self {
        self.options.hint = Some(hint);
        self
    }

    /// A comment that the server's logs and profiler show with the command.
    pub fn comment(mut self, comment: impl Into<Bson>) -> Self {
        match nesting::check_depth(doc! { "comment": comment.into() }) {
            Ok((mut checked, _)) => self.options.comment = checked.remove("comment"),
            Err(source) => self.refusal = self.refusal.or(Some(Refusal::encode::<M>(source))),
        }
        self
    }

    /// How long the server may work on a command. If it takes longer, the query fails with
    /// [`Error::Driver`](crate::Error::Driver), code 50.
    pub fn max_time(mut self, time: Duration) -> Self {
        self.options.max_time = Some(time);
        self
    }
}
