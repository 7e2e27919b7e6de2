//! The terminal methods of a query, which send it.

mod aggregate;
mod deleted;
mod explain;
mod group;
mod pieces;
mod rendered;
mod resolve;
mod terminal;
mod totals;
mod write;

pub use deleted::{SoftDelete, find_deleted, find_with_deleted};
pub use group::Grouped;
pub(crate) use rendered::Rendered;
