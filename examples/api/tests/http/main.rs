//! Calls the service over HTTP, against a real database, and asserts what it sends to that database.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod client;
mod data;
mod failures;
mod graphql;
mod program;
mod rest;

type Outcome = Result<(), Box<dyn std::error::Error>>;
