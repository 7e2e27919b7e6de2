//! Deletes of documents that match a filter.

use mongodb::bson::Document;
use mongodb::options::DeleteOptions;

use super::{Table, raw};
use crate::Result;
use crate::store::Exec;

/// Deletes the documents that match, without any rule. Returns how many there were.
pub(crate) async fn delete_many(exec: Exec<'_>, model: Table, filter: Document, options: DeleteOptions) -> Result<u64> {
    Ok(raw::delete_many(exec, model, filter, options).await?.deleted_count)
}
