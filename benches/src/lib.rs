//! Measurements of EarnORM beside the same work done by hand: `cargo xtask bench` runs them.

pub mod by_hand;
pub mod models;
mod outcome;
mod table;
mod versus;

pub use outcome::Outcome;
pub use table::Table;
pub use versus::{Candidate, Versus};
