//! Deletes of documents that match a filter.

use mongodb::bson::{DateTime, Document};
use mongodb::options::{DeleteOptions, FindOptions};

use super::counters::{Movements, read_keys};
use super::{Table, raw};
use crate::Result;
use crate::schema::Visible;
use crate::store::{Exec, atomically};

/// Deletes the documents that match, without any rule, and returns how many there were. One command. If other documents
/// count these, more in one transaction.
pub(crate) async fn delete_visible(
    exec: Exec<'_>,
    (model, visible): (Table, Visible),
    filter: Document,
    options: DeleteOptions,
) -> Result<u64> {
    let of = model.documents().visible(visible);
    let Some(movements) = Movements::of(model, DateTime::now()) else {
        return Ok(raw::delete_many(exec, of, filter, options).await?.deleted_count);
    };
    Box::pin(atomically(exec, async |exec| {
        let (mut movements, filter, options) = (movements.clone(), filter.clone(), options.clone());
        let mut find = FindOptions::default();
        (find.collation, find.hint) = (options.collation.clone(), options.hint.clone());
        for (_, keys) in read_keys(exec, of, filter.clone(), movements.projection(), find).await? {
            movements.add(&keys, -1)?;
        }
        let deleted = raw::delete_many(exec, of, filter, options).await?.deleted_count;
        movements.write(exec).await?;
        Ok(deleted)
    }))
    .await
}
