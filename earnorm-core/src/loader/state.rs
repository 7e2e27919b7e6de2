//! The state of a loader, which its clones share.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};

use futures_util::future::WeakShared;
use mongodb::Database;

use super::batch::{Groups, lock};
use super::on::RunsOn;

/// Loads what is related to single documents, and sends one command for all calls of the same turn.
///
/// Code that handles one document at a time, such as a resolver of a GraphQL server or a template, asks a loader for the
/// relation of its document. The loader waits until the other tasks that are ready have run, and then loads the relation of
/// all documents that were asked for, in the same way as an include of a query does.
///
/// ```no_run
/// use std::sync::Arc;
///
/// use earnorm::prelude::*;
///
/// # #[derive(Serialize, Deserialize, Model)]
/// # #[relation(one_to_many, target = "Post", fk = "author_id")]
/// # struct User { #[serde(rename = "_id")] id: ObjectId, name: String }
/// # #[derive(Serialize, Deserialize, Model)]
/// # struct Post {
/// #     #[serde(rename = "_id")] id: ObjectId,
/// #     #[relation(many_to_one, target = "User")] author_id: ObjectId,
/// # }
/// # async fn run(db: mongodb::Database, posts: Vec<Post>, user: User, id: ObjectId) -> earnorm::Result<()> {
/// let loader = earnorm::Loader::new(&db); // one for each request
/// let authors = posts.iter().map(|post| loader.get(post.author()));
/// for author in futures_util::future::join_all(authors).await { // one command
///     let author: Option<Arc<User>> = author?;
/// }
/// let latest: Arc<[Post]> = loader.all(user.posts().limit(3)).await?;
/// let number: u64 = loader.count(user.posts()).await?;
/// let user: Option<Arc<User>> = loader.find::<User>(id).await?;
/// # Ok(()) }
/// ```
///
/// # Commands
///
/// Calls are grouped by the relation, the kind of the call (`get`, `all`, `count`, `find`) and the query as it will be sent:
/// its filter, order, `skip` and `limit`. Each group costs as much as an include: one command for every 1,000 distinct keys
/// or part of them, and twice as many through a join model. A key that is null costs nothing. A handle with an
/// [`after`](crate::Handle::after) is a group alone, because its page belongs to one document.
///
/// The calls of a group that come while its command runs are the next group, except for keys that it already loads.
///
/// # What is kept
///
/// A loader keeps every value that it has loaded, shared by its callers, until [`clear`](Self::clear) is called or the last
/// clone of the loader is dropped. Its memory is the memory of these values, so make one for each request, not one for the
/// whole program. After a write, call `clear`. An error isn't kept: the next call sends again.
///
/// # Callers and tasks
///
/// A loader is `Clone`, `Send` and `Sync`. The callers drive the command together. It goes on if some of them are dropped, and
/// ends if all are. The only task that a loader starts counts the turns of the runtime before a command, and then ends. Every caller of a failed command gets its error, as the same variant.
///
/// In a transaction, `Loader::new(tx)` borrows the transaction. Its type is `Loader<Exec<'_>>`.
pub struct Loader<O: RunsOn = Database> {
    shared: Arc<SharedState<O>>,
}

struct SharedState<O: RunsOn> {
    on: O,
    state: Mutex<State<O>>,
}

pub(super) struct State<O: RunsOn> {
    pub(super) groups: Groups,
    /// The commands that have callers, by the numbers of their batches.
    pub(super) running: HashMap<u64, WeakShared<O::Command>>,
}

impl<O: RunsOn> Clone for Loader<O> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<O: RunsOn> fmt::Debug for Loader<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Loader")
    }
}

impl<O: RunsOn> Loader<O> {
    pub(super) fn of(on: O) -> Self {
        let state = Mutex::new(State { groups: Groups::default(), running: HashMap::new() });
        Self { shared: Arc::new(SharedState { on, state }) }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State<O>> {
        lock(&self.shared.state)
    }

    pub(super) fn on(&self) -> &O {
        &self.shared.on
    }
}
