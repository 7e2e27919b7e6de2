//! What keeps references whole: for now, the indexes of keys.

mod indexes;
mod wanted;

pub use indexes::{IndexReport, MadeIndex, ensure_indexes};
pub(crate) use indexes::ensure;
