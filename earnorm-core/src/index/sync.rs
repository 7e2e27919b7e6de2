use mongodb::Database;

use super::drop::Drop;
use super::ensure::make;
use super::plan::needed_by;
use crate::Result;
use crate::error::IndexReport;
use crate::observe::Call;
use crate::schema::models;
use crate::store::BoxFuture;

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
#[track_caller]
pub fn sync_indexes(db: &Database, drop: Drop) -> BoxFuture<'_, Result<IndexReport>> {
    Call::named("", "sync_indexes").run(async move { make(db, needed_by(models())?, drop).await })
}
