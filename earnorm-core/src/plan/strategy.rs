//! How a query loads relations.

/// How the relations of a query are loaded. Set it with [`Query::strategy`](crate::Query::strategy).
///
/// Both strategies load the same documents, in the requested order. Without one, their order may differ.
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
/// let graph = User::find_all().with(User::POSTS);
/// let users = graph.clone().all(&db).await?; // two commands
/// let same = graph.strategy(Strategy::Lookup).all(&db).await?; // one
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Strategy {
    /// One command for each 1,000 keys of an include. A document to which many parents refer is sent once.
    #[default]
    Batch,
    /// One command for the whole graph, however deep: a pipeline with a `$lookup` for each include. This is faster if
    /// round trips are slow and graphs are small.
    ///
    /// * The server looks up one parent at a time. It needs an index on the key, which
    ///   [`ensure_indexes`](crate::ensure_indexes()) creates. Without it, the server reads the collection once for each
    ///   parent.
    /// * A document to which many parents refer is sent once for each of them.
    /// * A document and everything that is loaded with it must fit into 16 MiB. Otherwise the query fails with
    ///   [`Error::TooLarge`](crate::Error::TooLarge).
    /// * The server can't join by a key that is stored in another form than the id to which it refers, because one of
    ///   the two has an encoder (`#[serde(with = ..)]`). Such an include is loaded in batches, after each reply of the
    ///   pipeline. The same applies to an include with a condition on documents that are related by such a key.
    /// * All includes of a query with a [`collation`](crate::Query::collation) are loaded in batches, because the
    ///   collation would apply to their filters and orders too.
    Lookup,
}
