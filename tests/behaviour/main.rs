//! Documents, queries, ids, encoders and errors, by topic.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::panic, reason = "a test fails by panicking")]
#![allow(clippy::duplicated_attributes, reason = "two relations of one struct may well have the same option")]

#[allow(dead_code, reason = "shared with the other tests, which use the rest")]
mod blog;
mod documents;
mod encoders;
mod errors;
mod ids;
mod metadata;
#[path = "../relations/odd.rs"]
mod odd;
mod queries;

/// A database of the test's own, with its commands counted.
async fn database() -> earnorm_testkit::TestDb {
    earnorm_testkit::TestDb::new().await.unwrap()
}
