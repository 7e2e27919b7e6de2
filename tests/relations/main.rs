//! Relations, one at a time, and what they run on: against a real server, each test in a database of its own.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::duplicated_attributes, reason = "two relations of a model may share a word; a known false positive")]
#![allow(clippy::panic, reason = "a test fails by panicking")]

#[path = "../behaviour/blog.rs"]
#[allow(dead_code, reason = "shared with the other tests, which use the rest")]
mod blog;

mod array_keys;
mod arrays;
mod by_ids;
mod by_themselves;
mod chinook;
mod collated;
mod conditions;
mod conditions_collated;
mod conditions_keys;
mod conditions_limits;
mod conditions_property;
mod declared;
mod encoded_links;
mod erased;
mod grouping;
mod indexes;
mod integrity;
mod load;
mod load_kinds;
mod members;
mod near_numbers;
mod odd;
mod odd_graphs;
mod one_to_one;
mod parts_of_links;
mod places;
mod property;
mod random_graphs;
mod schema;
mod self_referential;
mod strategies;
mod through;
mod to_many;
mod to_one;
mod transactions;
mod where_it_lives;
mod wide;

/// A database of the test's own, with its commands counted.
async fn database() -> earnorm_testkit::TestDb {
    earnorm_testkit::TestDb::new().await.unwrap()
}
