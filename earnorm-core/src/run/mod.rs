//! The terminal methods of a query, which send it.

mod pieces;
mod resolve;
mod terminal;
mod write;
