//! The terminal methods of a query, which send it.

mod pieces;
mod rendered;
mod resolve;
mod terminal;
mod write;

pub(crate) use rendered::Rendered;
