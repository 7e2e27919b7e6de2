//! All writes of documents. They set the fields that EarnORM manages: times, versions and counters.
//!
//! The commands themselves are in `raw`, which is private: no call can write a document and leave these fields behind. Writes
//! that aren't changes of a document, such as the increment of a guard, say so by [`Change::unmanaged`](crate::store::Change::unmanaged).

mod batch;
mod checked;
mod counters;
mod delete;
mod insert;
mod link;
mod raw;
mod recount;
mod replace;
mod stamp;
mod update;

pub(crate) use batch::{Batch, BatchWrite, update_batch};
pub(crate) use checked::write_checked;
pub(crate) use counters::is_counted;
pub(crate) use delete::delete_visible;
pub(crate) use insert::Insert;
pub(crate) use link::{LinkWrite, put_link, write_link, write_links};
pub(crate) use raw::WRITES_PER_COMMAND;
pub(crate) use recount::{Difference, differences, recount};
pub(crate) use replace::{Replacement, replace, replace_all};
pub(crate) use stamp::{is_current, is_versioned, taken_over};
pub(crate) use update::{Matched, find_one_and_update, update_many, update_one, update_visible};

use crate::schema::{ModelMetadata, Stamp};

type Table = &'static ModelMetadata;

/// What a write stored in the managed fields of its documents, in their order. Empty if their models have none.
pub(crate) type Stamps = Vec<Stamp>;
