//! Lost connections, servers that are down, caught errors and dropped futures.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::panic, reason = "a test fails by panicking")]
#![allow(clippy::duplicated_attributes, reason = "two relations of a model may share a word; a known false positive")]

/// A [`Call`] of one expression.
macro_rules! call {
    (|$db:ident| $call:expr) => {
        |$db| Box::pin(async move { $call.await.map(|_| ()) })
    };
}

mod body_errors;
mod caught_errors;
mod codes;
mod cut_connections;
mod dropped_futures;
mod ended_transactions;
mod model;
mod pool;
mod specification;
mod unreachable_servers;

use earnorm::Result;
use earnorm::mongodb::Database;
use earnorm_tests::documents;
use futures_util::future::BoxFuture;

/// A call on a database.
type Call = fn(Database) -> BoxFuture<'static, Result<()>>;

/// The `_id`s in a collection, in ascending order.
async fn ids(db: &Database, collection: &str) -> Vec<i32> {
    documents(db, collection).await.iter().map(|document| document.get_i32("_id").unwrap()).collect()
}
