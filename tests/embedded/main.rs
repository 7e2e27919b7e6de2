//! Embedded documents: typed paths, and keys inside sub-documents and arrays of them.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::panic, reason = "a test fails by panicking")]
#![allow(clippy::similar_names, reason = "a test and a text")]

mod conditions;
mod cuts;
mod deletes;
mod integrity;
mod loading;
mod models;
mod property;
mod results;
mod reverse;
mod updates;
mod views;
