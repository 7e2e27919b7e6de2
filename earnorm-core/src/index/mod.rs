//! The indexes that relations need. `ensure` makes them, `check` compares them with those that exist.

mod check;
mod ensure;
mod needed;

pub(crate) use check::check_of;
pub use check::{DifferentIndex, IndexCheck, check_indexes};
pub(crate) use ensure::ensure;
pub use ensure::{IndexReport, IndexSpec, MadeIndex, RefusedIndex, ensure_indexes};
