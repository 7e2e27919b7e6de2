use mongodb::Database;

use super::drop::Drop;
use super::ensure::make;
use super::plan::needed_by;
use crate::Result;
use crate::error::IndexReport;
use crate::schema::models;

/// Does the same as [`ensure_indexes`](crate::ensure_indexes()), and then drops the indexes that others have replaced.
///
/// The new indexes of a collection are made first. If one of them fails, nothing is dropped in this collection.
///
/// Other programs may use the same collections. Call it when all of them have the new models, and look at the report of
/// `Drop::Nothing` first.
///
/// Sends the commands of `ensure_indexes`, and one more for each index that is dropped.
///
/// ```no_run
/// use earnorm::{Drop, sync_indexes};
///
/// # async fn run(db: mongodb::Database) -> earnorm::Result<()> {
/// for index in sync_indexes(&db, Drop::Nothing).await?.superseded {
///     println!("not needed any more: {index}");
/// }
/// let report = sync_indexes(&db, Drop::Superseded).await?;
/// println!("{} dropped", report.dropped.len());
/// # Ok(()) }
/// ```
///
/// # Errors
///
/// As for [`ensure_indexes`](crate::ensure_indexes()).
pub async fn sync_indexes(db: &Database, drop: Drop) -> Result<IndexReport> {
    Box::pin(make(db, needed_by(models())?, drop)).await
}
