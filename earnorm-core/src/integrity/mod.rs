//! Broken references: a scan that finds them, and their repair.

mod arrays;
mod counters;
mod cycles;
mod repair;
mod report;
mod scan;
mod walk;

pub use crate::error::{Duplicates, FailedIndex, IndexSpec, MadeIndex, RefusedIndex};
pub use crate::index::DifferentIndex;
pub use repair::{Repair, RepairReport, RepairedKey};
pub use report::{Entry, Report, ScannedKey};
pub use scan::{Progress, Scan, scan, scan_with};
pub use walk::Kind;
