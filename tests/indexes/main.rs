//! Declared indexes: how they are stored, compared and replaced. Indexes that the local server doesn't have are refused there.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::panic, reason = "a test fails by panicking")]
#![allow(clippy::duplicated_attributes, reason = "two indexes of one struct may well have the same option")]

mod checks;
mod duplicates;
mod kinds;
mod models;
mod names;
mod options;
mod plans;
mod refused;
mod sync;
