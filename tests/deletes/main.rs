//! Deletes by rules.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::panic, reason = "a test fails by panicking")]
#![allow(clippy::duplicated_attributes, reason = "two relations of a model may share a word; a known false positive")]

#[path = "../behaviour/blog.rs"]
#[allow(dead_code, reason = "shared with the other tests, which use the rest")]
mod blog;

mod digest;
mod faults;
mod hooks;
mod namesakes;
mod orphans;
mod owned_children;
mod plans;
mod property;
mod rules;
mod save_hooks;
mod shapes;

use earnorm::mongodb::Database;
use earnorm::prelude::*;

/// A database of the test's own, with its commands counted.
async fn database() -> earnorm_testkit::TestDb {
    earnorm_testkit::TestDb::new().await.unwrap()
}

/// The number of stored documents of a model.
async fn count<M: Model>(db: &Database) -> u64 {
    M::find_all().count(db).await.unwrap()
}
