//! The terminal methods of a query, which send it.

mod deleted;
mod pieces;
mod rendered;
mod resolve;
mod terminal;
mod write;

pub use deleted::{SoftDelete, find_deleted, find_with_deleted};
pub(crate) use rendered::Rendered;
