//! Loaders: what is sent together, what each caller gets, and what happens if callers end early.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::duplicated_attributes, reason = "two relations of a model may share a word; a known false positive")]
#![allow(clippy::panic, reason = "a test fails by panicking")]

mod callers;
mod errors;
mod grouping;
mod kinds;
mod models;
