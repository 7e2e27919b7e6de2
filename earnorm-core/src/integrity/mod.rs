//! What keeps references whole: for now, the indexes of keys.

mod indexes;
mod wanted;

pub(crate) use indexes::ensure;
pub use indexes::{IndexReport, MadeIndex, ensure_indexes};
