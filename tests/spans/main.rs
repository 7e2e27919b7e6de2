//! The spans of the feature `tracing`. They have a program of their own: calls of other tests at the same time would decide
//! too whether `tracing` takes a span for wanted.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[allow(dead_code, reason = "the models of the suite `observe`")]
#[path = "../observe/models.rs"]
mod models;
mod spans;
