//! Counters of relations, and the times that writes of related documents set.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::panic, reason = "a test fails by panicking")]
#![allow(clippy::duplicated_attributes, reason = "two relations of a model may well have the same option")]

mod bulk;
mod concurrent;
mod forms;
mod models;
mod paths;
mod recount;
mod soft;

use earnorm::integrity::{self, Kind};
use earnorm::mongodb::Database;
use earnorm::mongodb::bson::Document;
use earnorm::prelude::*;

/// Fails if a counter differs from the number of related documents.
async fn assert_right(db: &Database, after: &str) {
    let report = integrity::scan(db).await.unwrap();
    let wrong: Vec<_> = report.entries().iter().filter(|entry| entry.kind == Kind::Counter).collect();
    assert!(wrong.is_empty(), "after {after}: {report}");
}

/// The numbers in a field of all documents of a model, in the order of their ids.
async fn numbers<M: Model>(db: &Database, field: &str) -> Vec<i64> {
    let raw = db.collection::<Document>(M::metadata().collection);
    let mut rows = raw.find(doc! {}).sort(doc! { "_id": 1 }).await.unwrap();
    let mut numbers = Vec::new();
    while rows.advance().await.unwrap() {
        let row: Document = rows.deserialize_current().unwrap();
        numbers.push(row.get_i64(field).or_else(|_| row.get_i32(field).map(i64::from)).unwrap());
    }
    numbers
}
