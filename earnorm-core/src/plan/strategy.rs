/// How the relations of a query are loaded: [`Query::strategy`](crate::Query::strategy).
///
/// Both give the same answer: in the order that is asked for; as a set where there is none.
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
    /// A command for every started 1,000 keys of an include, whose documents are then shared out to their parents. A
    /// document that many parents refer to comes once.
    #[default]
    Batch,
    /// One command for the whole graph, however deep: a pipeline with a `$lookup` for each include. One round trip, where
    /// the way to the server is long and the graphs are small.
    ///
    /// * The server looks up one parent at a time. It needs the index of the key
    ///   ([`ensure_indexes`](crate::ensure_indexes()) makes it): without, it reads the collection once for each parent.
    /// * A document that many parents refer to comes once for each.
    /// * What is loaded with one document has to fit into 16 MiB with it, else the error is
    ///   [`Error::TooLarge`](crate::Error::TooLarge).
    /// * An include whose keys are stored otherwise than the ids that they refer to, because one of the two has an encoder
    ///   of its own (`#[serde(with = ..)]`), is beyond the server: it is loaded in batches, for every reply of the
    ///   pipeline. So is one with a condition on documents related by such keys, and so are all includes of a query with
    ///   a [`collation`](crate::Query::collation), which would count in their filters and orders too.
    Lookup,
}
