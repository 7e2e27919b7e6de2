//! Measurements of EarnORM beside the same work done by hand: `cargo xtask bench` runs them.

pub mod by_hand;
pub mod models;
mod table;
mod versus;

pub use table::Table;
pub use versus::{Candidate, Versus};

/// What a bench gives, or the sentence that it ends with.
pub type Outcome<T = ()> = Result<T, Box<dyn std::error::Error + Send + Sync>>;
