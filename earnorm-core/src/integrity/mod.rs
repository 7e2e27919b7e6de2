//! Broken references: a scan that finds them, and their repair.

mod repair;
mod scan;
mod walk;

pub use crate::index::{DifferentIndex, IndexSpec, MadeIndex, RefusedIndex};
pub use repair::{Repair, RepairReport, RepairedKey};
pub use scan::{Entry, Progress, Report, ScannedKey, scan, scan_with};
pub use walk::Kind;
