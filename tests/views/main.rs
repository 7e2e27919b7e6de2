//! Views: queries that read some fields of each document.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]
#![allow(clippy::items_after_statements, reason = "a view is declared in the test that reads it")]
#![allow(clippy::type_complexity, reason = "the types of results are what `loaded!` names")]

mod eager;
mod encoded;
mod fields;
mod first;
mod handles;
mod json;
mod models;
mod named;
mod queries;
mod replies;
