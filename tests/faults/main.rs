//! Lost connections, servers that are down, caught errors and dropped futures.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::panic, reason = "a test fails by panicking")]
#![allow(clippy::duplicated_attributes, reason = "two relations of a model may share a word; a known false positive")]

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

use earnorm::mongodb::bson::Document;
use earnorm::mongodb::{Client, Database};
use earnorm_testkit::{FaultProxy, LocalServer, TestDb};

/// A database of the test's own, with its commands counted.
async fn database() -> TestDb {
    TestDb::new().await.unwrap()
}

/// A client through the proxy with these options, and one that connects directly.
async fn clients(test: &TestDb, proxy: &FaultProxy, options: &str) -> (Database, Database) {
    let separator = if proxy.uri().contains('?') { '&' } else { '?' };
    let faulty = Client::with_uri_str(format!("{}{separator}{options}", proxy.uri())).await.unwrap();
    (faulty.database(test.name()), direct_database(test).await)
}

/// The test's database in another client, which connects directly.
async fn direct_database(test: &TestDb) -> Database {
    let server = LocalServer::shared().await.unwrap();
    Client::with_uri_str(server.uri()).await.unwrap().database(test.name())
}

/// The `_id`s in a collection, in ascending order.
async fn ids(db: &Database, collection: &str) -> Vec<i32> {
    let mut found = db.collection::<Document>(collection).find(Document::new()).await.unwrap();
    let mut ids = Vec::new();
    while found.advance().await.unwrap() {
        ids.push(found.deserialize_current().unwrap().get_i32("_id").unwrap());
    }
    ids.sort_unstable();
    ids
}
