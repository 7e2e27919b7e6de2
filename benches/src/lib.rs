//! Measurements of EarnORM beside the same work done by hand: `cargo xtask bench` runs them.

pub mod by_hand;
pub mod models;
mod outcome;
mod polls;
mod table;
mod versus;

pub use outcome::Outcome;
pub use polls::longest_poll;
pub use table::Table;
pub use versus::{Candidate, Versus};
