//! Futures that are observed or explained.

use std::sync::Arc;
use std::time::Instant;

use super::context::{Context, current};
use super::explain::{Explained, Explanation};
use super::running::Running;
use super::scope::Scope;
use super::seen::Seen;

/// Runs a future, and counts what EarnORM sends in it: commands, documents, bytes and time, for each line that makes a call.
///
/// Sends nothing itself. It needs no event handler on the client, so it can be used in production, for example around a
/// handler of a web service.
///
/// It sees the calls of EarnORM that are awaited in this future, and the commits of its transactions. It doesn't see calls of
/// the driver itself, what the driver sends on its own (a second attempt of a command after a lost connection, the end of a
/// cursor that wasn't read to its end), or tasks that the future spawns. A spawned task can have an `observe` of its own.
/// Calls in an `observe` within another one count for both.
///
/// ```no_run
/// use earnorm::prelude::*;
///
/// # #[derive(Serialize, Deserialize, Model)]
/// # struct User { #[serde(rename = "_id")] id: ObjectId }
/// # #[derive(Serialize, Deserialize, Model)]
/// # struct Post {
/// #     #[serde(rename = "_id")] id: ObjectId,
/// #     #[relation(many_to_one, target = "User")] author_id: ObjectId,
/// # }
/// # async fn run(db: mongodb::Database) -> earnorm::Result<()> {
/// let (result, seen) = earnorm::observe(async {
///     for post in Post::find_all().all(&db).await? {
///         let author = post.author().get(&db).await?;
///     }
///     Ok::<_, earnorm::Error>(())
/// })
/// .await;
/// result?;
/// println!("{seen}"); // 51 commands, 100 documents, 9 KiB in 12.5 ms, and a line for each of the two lines
/// for found in seen.n_plus_one() {
///     println!("{found}"); // src/main.rs:12: `post.author()` was awaited 50 times; add `.with(Post::AUTHOR)` to ..
/// }
/// # Ok(()) }
/// ```
pub async fn observe<F: Future>(future: F) -> (F::Output, Seen) {
    let _running = Running::new();
    let (scope, begun) = (Arc::new(Scope::new(current().scope)), Instant::now());
    // boxed, so that the observed future isn't a part of this one twice
    let output = Context::within(Arc::clone(&scope)).scope(Box::pin(future)).await;
    let seen = scope.seen(begun.elapsed());
    (output, seen)
}

/// Runs a future, and lets the commands that it sends be explained.
pub(crate) async fn explained<F: Future>(future: F) -> (F::Output, Explanation) {
    let explained = Arc::new(Explained::default());
    let context = Context { explained: Some(Arc::clone(&explained)), ..current() };
    let output = context.scope(future).await;
    (output, explained.take())
}

/// Who wants the next command to be explained.
pub(crate) fn wants_explanation() -> Option<Arc<Explained>> {
    current().explained
}
