//! What keeps references whole: checks on the way in, a scan for those that are broken and its repair, the indexes of keys.

mod check;
mod index_check;
mod indexes;
mod keys;
mod parents;
mod repair;
mod scan;
mod walk;
mod wanted;

pub(crate) use check::{Referred, checked};
pub(crate) use index_check::check_of;
pub use index_check::{DifferentIndex, IndexCheck, check_indexes};
pub(crate) use indexes::ensure;
pub use indexes::{IndexReport, IndexSpec, MadeIndex, RefusedIndex, ensure_indexes};
pub use repair::{Repair, RepairReport, RepairedKey};
pub use scan::{Entry, Progress, Report, ScannedKey, scan, scan_with};
pub use walk::Kind;
