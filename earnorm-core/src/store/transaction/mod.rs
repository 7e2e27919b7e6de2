//! Transactions: the retry loop, and the state of a running transaction.

mod body;
mod command;
mod ending;
mod outcome;
mod retry;
mod state;

pub use self::body::TransactionBody;
pub(crate) use self::command::{Access, write_error};
pub(crate) use self::retry::atomically;
pub use self::retry::{transaction, try_transaction};
pub use self::state::Transaction;
