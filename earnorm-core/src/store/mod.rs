//! The only module that calls the driver: executors, commands, cursors, and the retry loop of transactions.

mod batches;
mod change;
mod collated;
mod connect;
mod debug;
mod decode;
mod duplicates;
mod executor;
mod explain;
mod find;
mod gate;
mod indexes;
mod keys;
mod pace;
mod pool;
mod read;
mod reader;
mod rows;
mod sort_keys;
mod transaction;

pub(crate) use batches::{Aggregate, Batches, documents as documents_of};
pub(crate) use change::{Change, Stamps};
pub(crate) use collated::{alike, equal_in, folded, has_text};
pub use connect::connect;
pub(crate) use decode::{decode, decode_as};
pub(crate) use duplicates::{Uniqueness, duplicates, has_duplicates};
pub(crate) use executor::sealed::Sealed;
pub use executor::{Exec, Executor};
pub use find::Find;
pub(crate) use find::sendable;
pub(crate) use indexes::{collections, create_indexes, drop_index, estimate, list_indexes};
pub(crate) use keys::{
    KEY_BYTES, KEYS_PER_COMMAND, among, can_be_id, chunks, chunks_by, chunks_of, equal, filter, is_expression,
    no_array, none_of, side_by_side, single_among,
};
pub(crate) use pace::Pace;
pub(crate) use pool::write as write_permit;
pub(crate) use read::{
    IdsByModel, aggregate, aggregate_with, all, by_model, count, count_on_primary, distinct, documents, find,
    find_on_primary, id_of, ids, ids_by_model, primary, read, values,
};
pub(crate) use reader::{Batch, Chosen, Reader, read_chosen, run_aside, visit};
pub use rows::Rows;
pub(crate) use rows::{Request, STREAM_BATCH, StreamBatch};
pub(crate) use sort_keys::sort_keys;
pub(crate) use transaction::{Access, atomically, write_error};
pub use transaction::{Transaction, TransactionBody, transaction, try_transaction};

pub use futures_core::future::BoxFuture;
