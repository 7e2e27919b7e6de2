//! Lost connections, servers that are gone, errors that are caught, futures that are dropped: against a real server.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::panic, reason = "a test fails by panicking")]
#![allow(clippy::duplicated_attributes, reason = "two relations of a model may share a word; a known false positive")]

mod cancelled;
mod caught;
mod codes;
mod cuts;
mod ended;
mod gone;
mod model;
mod own_error;
mod pool;
mod specification;

use earnorm::mongodb::bson::Document;
use earnorm::mongodb::{Client, Database};
use earnorm_testkit::{FaultProxy, LocalServer, TestDb};

/// A database of the test's own, with its commands counted.
async fn database() -> TestDb {
    TestDb::new().await.unwrap()
}

/// A client of the proxy with these options, and one that reaches the server without it.
async fn clients(test: &TestDb, proxy: &FaultProxy, options: &str) -> (Database, Database) {
    let separator = if proxy.uri().contains('?') { '&' } else { '?' };
    let faulty = Client::with_uri_str(format!("{}{separator}{options}", proxy.uri())).await.unwrap();
    (faulty.database(test.name()), sound(test).await)
}

/// The test's database by another client, without a proxy.
async fn sound(test: &TestDb) -> Database {
    let server = LocalServer::shared().await.unwrap();
    Client::with_uri_str(server.uri()).await.unwrap().database(test.name())
}

/// The `_id`s in a collection.
async fn ids(db: &Database, collection: &str) -> Vec<i32> {
    let mut found = db.collection::<Document>(collection).find(Document::new()).await.unwrap();
    let mut ids = Vec::new();
    while found.advance().await.unwrap() {
        ids.push(found.deserialize_current().unwrap().get_i32("_id").unwrap());
    }
    ids.sort_unstable();
    ids
}
