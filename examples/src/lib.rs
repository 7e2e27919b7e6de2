//! Code that the examples share: the models of the Chinook data set, and a table of what each step costs.

pub mod chinook;
mod cost_table;

pub use cost_table::CostTable;
