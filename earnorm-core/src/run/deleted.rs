//! Queries for deleted documents.

use crate::delete::Removal;
use crate::plan::{Plan, View};
use crate::query::Query;
use crate::schema::{ModelMetadata, Visible, fail};
use crate::store::{BoxFuture, Executor};
use crate::{DeleteReport, Filter, Model, Result};

/// A model with a field `#[model(soft_delete)]`: its documents are marked when they are deleted. The derive implements it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no soft delete: its deleted documents are gone",
    label = "no field of `{Self}` is marked with `soft_delete`",
    note = "add `#[model(soft_delete)] deleted: Option<earnorm::Deletion>` to it, or call `delete`"
)]
pub trait SoftDelete: Model {
    /// Fails to compile for an enum of models that mark no deleted documents. The derive implements the trait for every enum.
    #[doc(hidden)]
    const MARKS: () = check_mark(Self::METADATA);

    /// A query for the deleted documents.
    fn deleted() -> Query<Self> {
        const { Self::MARKS };
        find_deleted(())
    }

    /// A query for all documents, deleted or not.
    fn with_deleted() -> Query<Self> {
        const { Self::MARKS };
        find_with_deleted(())
    }
}

const fn check_mark(model: &ModelMetadata) {
    if model.config.soft_delete.is_none() {
        let name = model.name;
        fail(&["`", name, "` has no soft delete; add `#[model(soft_delete)] deleted: Option<Deletion>` to its models"]);
    }
}

#[doc(hidden)]
pub fn find_deleted<M: Model, P>(plan: P) -> Query<M, P> {
    Query::new(Filter::default()).visible(Visible::Deleted).with_plan(plan)
}

#[doc(hidden)]
pub fn find_with_deleted<M: Model, P>(plan: P) -> Query<M, P> {
    Query::new(Filter::default()).visible(Visible::All).with_plan(plan)
}

impl<M: Model, P: Plan<M>, V: View<M>> Query<M, P, V> {
    /// Deletes all results for good, whether they are deleted already or not, and applies the delete rules of their model. This
    /// also deletes what a soft delete keeps: links and references to the documents. The rules apply to deleted documents too,
    /// except that a deleted document never blocks it by `restrict`.
    ///
    /// It takes as many commands as [`delete`](Query::delete) of a model without soft delete, in a transaction if the server has
    /// them. An interrupted call can be run again.
    ///
    /// ```no_run
    /// use earnorm::Deletion;
    /// use earnorm::prelude::*;
    ///
    /// # #[derive(Serialize, Deserialize, Model)]
    /// # struct User {
    /// #     #[serde(rename = "_id")] id: ObjectId,
    /// #     name: String,
    /// #     #[model(soft_delete)] deleted: Option<Deletion>,
    /// # }
    /// # async fn run(db: mongodb::Database, month_ago: mongodb::bson::DateTime) -> earnorm::Result<()> {
    /// let old = User::deleted().filter(doc! { "deleted.at": { "$lt": month_ago } });
    /// println!("{}", old.purge(&db).await?); // 3 users deleted; 2 links removed
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Restricted`](crate::Error::Restricted) if a document blocks it; nothing was written.
    /// [`Error::RuleConflict`](crate::Error::RuleConflict), [`Error::TransactionTooLarge`](crate::Error::TransactionTooLarge),
    /// [`Error::Hook`](crate::Error::Hook), [`Error::Driver`](crate::Error::Driver).
    #[track_caller]
    pub fn purge<'e>(self, on: impl Executor<'e>) -> BoxFuture<'e, Result<DeleteReport>>
    where
        M: SoftDelete,
    {
        const { M::MARKS };
        let query = self.split().0;
        query.call("purge").run(async move { query.remove(on.executor(), Removal::Purge).await })
    }
}
