//! Models that share a collection. Every test has documents of another kind, which a command without the tag would hit.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::panic, reason = "a test fails by panicking")]
#![allow(clippy::needless_pass_by_value, reason = "results are passed as they come from a call")]
#![allow(clippy::similar_names, reason = "a car and a truck")]

mod embedded;
mod enums;
mod hooks;
mod indexes;
mod integrity;
mod loading;
mod matrix;
mod models;
mod reading;
mod references;
mod rules;
mod stored;
mod views;
