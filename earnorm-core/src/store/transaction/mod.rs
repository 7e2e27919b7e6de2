mod body;
mod ending;
mod retry;
mod state;

pub use self::body::TransactionBody;
pub(crate) use self::retry::atomically;
pub use self::retry::{transaction, try_transaction};
pub use self::state::Transaction;
pub(super) use self::state::{Access, written};
