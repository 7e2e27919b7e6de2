//! Deletes that can be restored.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::panic, reason = "a test fails by panicking")]

mod faults;
mod integrity;
mod models;
mod reading;
mod restoring;
mod rules;
