//! Inserts of graphs: every kind of relation, the types of the results, managed fields, hooks and failures.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::duplicated_attributes, reason = "two relations of a model may share a word; a known false positive")]
#![allow(clippy::panic, reason = "a test fails by panicking")]

mod failures;
mod kinds;
mod managed;
mod models;
mod results;
