//! Sums, averages, extremes and numbers of documents and of related documents.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::panic, reason = "a test fails by panicking")]
#![allow(clippy::duplicated_attributes, reason = "two relations of a model may have the same option")]
#![allow(clippy::cast_precision_loss, reason = "small numbers")]
#![allow(clippy::unnecessary_wraps, reason = "the values of fields that are `Option`s")]

mod groups;
mod models;
mod numbers;
mod parents;
mod property;
mod queries;
