//! Documents, queries, ids, encoders and errors, by topic.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::panic, reason = "a test fails by panicking")]
#![allow(clippy::duplicated_attributes, reason = "two relations of one struct may well have the same option")]

mod bulk;
mod collations;
mod documents;
mod encoders;
mod errors;
mod ids;
mod lookups;
mod metadata;
mod queries;
