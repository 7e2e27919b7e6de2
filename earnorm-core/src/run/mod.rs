//! The calls that run a query.

mod pieces;
mod resolve;
mod terminal;
