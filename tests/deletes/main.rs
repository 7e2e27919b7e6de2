//! Deletes by rules.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::panic, reason = "a test fails by panicking")]
#![allow(clippy::duplicated_attributes, reason = "two relations of a model may share a word; a known false positive")]

mod digest;
mod faults;
mod hooks;
mod namesakes;
mod orphans;
mod owned_children;
mod plans;
mod property;
mod rules;
mod save_hooks;
mod shapes;
