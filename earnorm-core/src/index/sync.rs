use mongodb::Database;

use super::ensure::make;
use super::needed::needed_by;
use crate::Result;
use crate::error::IndexReport;
use crate::schema::models;

/// Which existing indexes [`sync_indexes`] drops.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Drop {
    /// None. The report lists those that `Superseded` would drop.
    #[default]
    Nothing,
    /// The indexes that others have replaced:
    /// * an index without options that begins with the fields of another one, if EarnORM would have made it, or if a declared
    ///   index replaces it
    /// * a unique index of an earlier version of EarnORM
    ///
    /// All others are kept: unique, partial and other special indexes of your own, and indexes on fields that no model
    /// declares.
    Superseded,
}

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
    make(db, needed_by(models())?, drop).await
}
