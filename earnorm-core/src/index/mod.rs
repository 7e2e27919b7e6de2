//! The indexes that relations need: which they are, how they are made, and how they differ from those that exist.

mod check;
mod ensure;
mod wanted;

pub(crate) use check::check_of;
pub use check::{DifferentIndex, IndexCheck, check_indexes};
pub(crate) use ensure::ensure;
pub use ensure::{IndexReport, IndexSpec, MadeIndex, RefusedIndex, ensure_indexes};
