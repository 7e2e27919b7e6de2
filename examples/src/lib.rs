//! What the examples share: the models of the Chinook data set, and an account of what each step costs.

mod account;
pub mod chinook;

pub use account::Account;
