//! What EarnORM sends, seen by `observe`, by spans, and by `explain`.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::panic, reason = "a test fails by panicking")]

mod counts;
mod explain;
mod forms;
mod models;
mod n_plus_one;
