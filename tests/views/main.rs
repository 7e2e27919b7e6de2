//! Views: queries that read some fields of each document.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod eager;
mod encoded;
mod fields;
mod first;
mod handles;
mod models;
mod named;
mod queries;
mod replies;
