//! Inserts documents together with what belongs to them.

mod attach;
mod forest;
mod node;

use std::fmt;

pub use self::attach::Attaches;
use self::forest::Forest;
pub use self::node::{Branch, Branches, Graph, GraphNode, GraphNodes};
use crate::observe::Call;
use crate::plan::NotIn;
use crate::store::{BoxFuture, Executor};
use crate::{Model, Result};

/// Begins a graph of documents that are inserted together.
///
/// [`with`](Graph::with) adds the documents of a relation: models, or graphs of their own. [`insert`](Graph::insert) gives
/// all documents their ids and keys, and inserts them.
///
/// ```no_run
/// use earnorm::graph;
/// use earnorm::prelude::*;
///
/// # #[derive(Serialize, Deserialize, Model)]
/// # #[relation(one_to_many, target = "Post", fk = "author_id")]
/// # #[relation(one_to_one, target = "Profile", fk = "user_id")]
/// # struct User { #[serde(rename = "_id")] id: Option<ObjectId>, name: String }
/// # #[derive(Serialize, Deserialize, Model)]
/// # #[relation(one_to_many, target = "Comment", fk = "post_id")]
/// # struct Post { #[serde(rename = "_id")] id: Option<ObjectId>, author_id: Option<ObjectId> }
/// # #[derive(Serialize, Deserialize, Model)]
/// # struct Profile { #[serde(rename = "_id")] id: Option<ObjectId>, user_id: Option<ObjectId> }
/// # #[derive(Serialize, Deserialize, Model)]
/// # struct Comment { #[serde(rename = "_id")] id: Option<ObjectId>, post_id: Option<ObjectId> }
/// # async fn run(
/// #     db: mongodb::Database, user: User, first: Post, second: Post, comments: Vec<Comment>, profile: Profile,
/// # ) -> earnorm::Result<()> {
/// let posts = [graph(first).with(Post::COMMENTS, comments), graph(second).with(Post::COMMENTS, vec![])];
/// let user = graph(user).with(User::POSTS, posts).with(User::PROFILE, profile).insert(&db).await?; // 4 inserts, 1 commit
/// assert_eq!(user.related(User::POSTS)[0].author_id, user.id);
/// # Ok(()) }
/// ```
pub fn graph<M: Model>(model: M) -> Graph<M, ()> {
    Graph { model, branches: () }
}

/// Several graphs, or models alone, that are inserted together, with the same commands as one graph.
///
/// ```no_run
/// use earnorm::{graph, graphs};
/// use earnorm::prelude::*;
///
/// # #[derive(Serialize, Deserialize, Model)]
/// # #[relation(one_to_many, target = "Post", fk = "author_id")]
/// # struct User { #[serde(rename = "_id")] id: ObjectId }
/// # #[derive(Serialize, Deserialize, Model)]
/// # struct Post { #[serde(rename = "_id")] id: ObjectId, author_id: ObjectId }
/// # async fn run(db: mongodb::Database, users: Vec<(User, Vec<Post>)>) -> earnorm::Result<()> {
/// let users = graphs(users.into_iter().map(|(user, posts)| graph(user).with(User::POSTS, posts)));
/// let users = users.insert(&db).await?; // 2 inserts, 1 commit
/// # Ok(()) }
/// ```
pub fn graphs<N: GraphNode>(nodes: impl IntoIterator<Item = N>) -> Graphs<N> {
    Graphs { nodes: nodes.into_iter().collect() }
}

/// Graphs that are inserted together. [`graphs()`] makes one.
#[must_use = "graphs aren't inserted until their `insert` is awaited"]
pub struct Graphs<N> {
    nodes: Vec<N>,
}

impl<M: Model, B> fmt::Debug for Graph<M, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Graph").field(&M::METADATA.name).finish()
    }
}

impl<N> fmt::Debug for Graphs<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Graphs").field(&self.nodes.len()).finish()
    }
}

impl<M: Model, B: Branches<M>> Graph<M, B> {
    /// Adds the documents of a relation: a list for a relation to many, one or an `Option` for a relation to one. Each is a
    /// model or a graph. A relation can be added once.
    ///
    /// All kinds of relations are possible, from either side. Through a join model, links are made from its `Default`.
    pub fn with<D, V>(self, relation: D, related: V) -> Graph<M, (B, Branch<D, V::Node>)>
    where
        D: Attaches<Source = M>,
        D::Marker: NotIn<B::Out>,
        V: GraphNodes<D::Cardinality, D::Target>,
    {
        Graph { model: self.model, branches: (self.branches, Branch { relation, nodes: related.nodes() }) }
    }

    /// Inserts all documents, and returns the first with the others as its relations, like a query that includes them.
    ///
    /// Documents without an id get one, and the others keep theirs. Keys are set before the hooks run. Documents that others
    /// refer to are inserted first.
    ///
    /// One command for each model, and one for the commit if there are several documents. Counters and checked references
    /// take as many as in [`Model::insert_many`].
    ///
    /// # Errors
    ///
    /// The same as for [`Model::insert_many`]; [`Error::Invalid`](crate::Error::Invalid) if a key belongs to an embedded
    /// document that is `None`. Nothing is stored then. On a server without transactions, what was inserted before the error
    /// stays: documents that others refer to, but none that refers to a document which is missing.
    #[track_caller]
    pub fn insert<'e>(self, on: impl Executor<'e>) -> BoxFuture<'e, Result<B::Row>>
    where
        B: 'e,
    {
        Call::of(M::METADATA, "insert_graph").run(async move {
            let mut forest = Forest::new();
            let places = self.plant(&mut forest)?;
            forest.insert(on.executor()).await?;
            Self::harvest(places, &mut forest)
        })
    }
}

impl<N: GraphNode> Graphs<N> {
    /// Inserts all documents of all graphs, and returns the first of each as [`Graph::insert`] does. As many commands as for
    /// one graph; none if there are none.
    ///
    /// # Errors
    ///
    /// The same as for [`Graph::insert`].
    #[track_caller]
    pub fn insert<'e>(self, on: impl Executor<'e>) -> BoxFuture<'e, Result<Vec<N::Row>>>
    where
        N: 'e,
    {
        Call::named("graphs", "insert_graphs").run(async move {
            let mut forest = Forest::new();
            let places = self.nodes.into_iter().map(|node| node.plant(&mut forest)).collect::<Result<Vec<_>>>()?;
            forest.insert(on.executor()).await?;
            places.into_iter().map(|place| N::harvest(place, &mut forest)).collect()
        })
    }
}
