//! Managed fields: times and versions that each write of EarnORM sets.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::panic, reason = "a test fails by panicking")]

mod hooks;
mod manual;
mod models;
mod table;
mod types;
mod versions;
