//! The result of a delete.

use std::fmt;

use serde::Serialize;

use super::tally::{Tally, numbers};
use crate::Model;
use crate::schema::Deletion;

/// What a delete did.
///
/// ```no_run
/// use earnorm::prelude::*;
///
/// # #[derive(Serialize, Deserialize, Model)]
/// # #[relation(one_to_many, target = "Post", fk = "author_id", cascade_delete)]
/// # struct User { #[serde(rename = "_id")] id: ObjectId }
/// # #[derive(Serialize, Deserialize, Model)]
/// # struct Post { #[serde(rename = "_id")] id: ObjectId, author_id: ObjectId }
/// # async fn run(db: mongodb::Database, user: User) -> earnorm::Result<()> {
/// let report = user.delete(&db).await?;
/// println!("{report}"); // 1 user, 21 posts deleted
/// println!("{} documents, {} of them posts", report.deleted(), report.deleted_of::<Post>());
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct DeleteReport {
    #[serde(rename = "affected")]
    pub(super) tally: Tally,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) deletion: Option<Deletion>,
    pub(super) in_transaction: bool,
}

numbers!(DeleteReport);

impl DeleteReport {
    /// The report of a delete that affects no other documents.
    pub(crate) fn of<M: Model>(deleted: u64, deletion: Option<Deletion>) -> Self {
        let mut tally = Tally::default();
        tally.add(M::METADATA, None, deleted);
        Self::new(tally, deletion, false)
    }

    pub(super) fn new(tally: Tally, deletion: Option<Deletion>, in_transaction: bool) -> Self {
        let deletion = deletion.filter(|_| tally.sum(|affected| affected.deleted) > 0);
        Self { tally, deletion, in_transaction }
    }

    /// The mark of the deleted documents, by which [`restore`](crate::restore) restores them. `None` if the model has no
    /// field with `#[model(soft_delete)]`, and if nothing was deleted.
    pub fn deletion(&self) -> Option<Deletion> {
        self.deletion
    }

    /// How many of the requested documents were deleted, without those that a cascade deleted.
    pub(crate) fn root_count(&self) -> u64 {
        self.tally.roots
    }

    /// Whether the delete ran in a transaction. `false` on a standalone server, which has none, and if one command was
    /// enough.
    pub fn in_transaction(&self) -> bool {
        self.in_transaction
    }
}

impl fmt::Display for DeleteReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.tally.fmt(f)
    }
}
