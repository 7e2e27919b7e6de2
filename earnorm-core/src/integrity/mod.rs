//! What keeps references whole: for now, the indexes of keys.

mod check;
mod indexes;
mod keys;
mod parents;
mod wanted;

pub(crate) use check::{Referred, checked};
pub(crate) use indexes::ensure;
pub use indexes::{IndexReport, MadeIndex, ensure_indexes};
