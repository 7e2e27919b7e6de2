//! How documents are loaded: where large replies are decoded, how often a document is, and what a join sends.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]
#![allow(clippy::duplicated_attributes, reason = "two relations of a model may share a word; a known false positive")]

mod copies;
mod large_replies;
mod plain_joins;
mod windows;
