//! What keeps references whole: for now, the indexes of keys.

mod check;
mod indexes;
mod keys;
mod parents;
mod repair;
mod scan;
mod walk;
mod wanted;

pub(crate) use check::{Referred, checked};
pub(crate) use indexes::ensure;
pub use indexes::{IndexReport, MadeIndex, ensure_indexes};
pub use repair::{Repair, RepairReport, RepairedKey};
pub use scan::{Entry, Progress, Report, ScannedKey, scan, scan_with};
pub use walk::Kind;
