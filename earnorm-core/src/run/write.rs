//! The public methods that update and delete the results of a query.

use mongodb::bson::Document;

use crate::delete::Removal;
use crate::plan::{Plan, View};
use crate::query::{Options, Query, is_too_long};
use crate::schema::{Deletion, Visible};
use crate::store::{self, BoxFuture, Change, Exec, Executor};
use crate::{DeletePlan, DeleteReport, Error, IntoUpdate, Model, Result, delete, write};

impl<M: Model, P: Plan<M>, V: View<M>> Query<M, P, V> {
    /// Updates all results, and returns how many documents matched. One command. No hooks run.
    ///
    /// With a `skip`, a `limit`, an `after` or a condition on related documents, the ids are read first, and each 1,000
    /// documents are updated by one more command.
    ///
    /// # Errors
    ///
    /// [`Error::Encode`], [`Error::Duplicate`], [`Error::Driver`]. Outside a transaction, documents that were updated
    /// before an error keep the change.
    #[track_caller]
    pub fn update<'e>(self, on: impl Executor<'e>, update: impl IntoUpdate<M>) -> BoxFuture<'e, Result<u64>> {
        let (update, query) = (update.into_update(), self.split().0);
        query.call("update").run(async move {
            let update = update.into_change().map_err(Error::encode::<M>)?;
            query.modify(on.executor(), update).await
        })
    }

    /// Deletes all results, and applies the delete rules of their model.
    ///
    /// All affected documents are found by their ids, and every `restrict` is checked, before the first write. It runs
    /// in a transaction if the server has them. Only models that are linked into the program have their rules applied.
    ///
    /// If the model has no hooks and no rule refers to it, this takes one command, or more with a `skip`, a `limit`, an
    /// `after` or a condition on related documents, as for [`update`](Query::update). Otherwise, it takes at most three
    /// commands for each relation and level, one more for every further 1,000 documents of a level, and one to commit;
    /// never one for each document. The documents of a model without hooks aren't decoded, so documents that can't be
    /// decoded can be deleted by a filter.
    ///
    /// # Errors
    ///
    /// [`Error::Restricted`] if a document blocks the delete, [`Error::RuleConflict`] if two rules contradict each
    /// other, [`Error::TransactionTooLarge`] for more than 250,000 documents, [`Error::Hook`], [`Error::Driver`].
    /// Nothing was written then, except on a standalone server: there, some children may be deleted, and another call
    /// deletes the rest.
    #[track_caller]
    pub fn delete<'e>(self, on: impl Executor<'e>) -> BoxFuture<'e, Result<DeleteReport>> {
        let query = self.split().0;
        query.call("delete").run(async move { query.remove(on.executor(), Removal::ByModel).await })
    }

    /// [Deletes](Query::delete) all results if this does the same as the plan with this [`digest`](DeletePlan::digest).
    ///
    /// Everything is found again and compared in the same transaction. On a standalone server, which has no
    /// transactions, it is compared before the first write. This takes as many commands as
    /// [`plan_delete`](Query::plan_delete), those that write, and one to commit.
    ///
    /// # Errors
    ///
    /// [`Error::StalePlan`] if the delete would not do the same as the plan; nothing was written. Also those of
    /// [`delete`](Query::delete).
    #[track_caller]
    pub fn delete_if<'e>(self, on: impl Executor<'e>, digest: impl AsRef<str>) -> BoxFuture<'e, Result<DeleteReport>> {
        let (query, digest) = (self.split().0.into_delete(), digest.as_ref().to_owned());
        query.call("delete_if").run(async move {
            let roots = async |exec: Exec<'_>| query.clone().packed_ids(exec).await;
            delete::delete(on.executor(), M::METADATA, Removal::ByModel, roots, Some(&digest)).await
        })
    }

    /// Finds everything that a [`delete`](Query::delete) would do, and writes nothing.
    ///
    /// One command for the results, at most two for each relation and level, and one more for every further 1,000
    /// documents of a level. See [`DeletePlan`] for an example.
    ///
    /// # Errors
    ///
    /// [`Error::RuleConflict`], [`Error::Driver`]. Documents that block the delete aren't an error: the plan lists
    /// them.
    #[track_caller]
    pub fn plan_delete<'e>(self, on: impl Executor<'e>) -> BoxFuture<'e, Result<DeletePlan>> {
        let query = self.split().0.into_delete();
        query.call("plan_delete").run(async move {
            let exec = on.executor();
            Box::pin(DeletePlan::find(exec, M::METADATA, query.packed_ids(exec))).await
        })
    }
}

impl<M: Model> Query<M> {
    /// [`update`](Query::update) with an update that was converted already.
    pub(crate) async fn modify(self, exec: Exec<'_>, update: impl Into<Change>) -> Result<u64> {
        let (of, update, mut changed) = ((M::METADATA, self.visible), update.into(), 0);
        for target in self.resolve(exec).await?.write_targets(exec).await? {
            let options = target.options.update();
            let updated = write::update_visible(exec, of, target.filter, update.clone(), options).await?;
            changed += updated.matched;
        }
        Ok(changed)
    }

    /// The filters for a command that has neither a window nor joins: the filter of the query, or filters by the ids of
    /// its results. Ids are compared without the query's collation.
    async fn write_targets(&self, exec: Exec<'_>) -> Result<Vec<WriteTarget>> {
        let Some((find, _)) = self.to_command()? else {
            return Ok(Vec::new());
        };
        let by_filter = !self.is_windowed() && !self.without.as_ref().is_some_and(|ids| is_too_long(ids));
        if by_filter && find.joins.is_empty() {
            let target = |filter| WriteTarget { filter, options: self.options.clone() };
            return match self.pieces()? {
                None => Ok(vec![target(find.filter)]),
                Some(pieces) => pieces.iter().map(|piece| Ok(target(piece.to_query()?.filter))).collect(),
            };
        }
        let ids = self.ids(exec).await?;
        Ok(store::chunks(&ids)
            .into_iter()
            .map(|ids| WriteTarget { filter: store::among("_id", ids), options: Options::default() })
            .collect())
    }

    /// Deletes documents of a model that has no hooks and to which no delete rule refers.
    pub(crate) async fn remove(self, exec: Exec<'_>, removal: Removal) -> Result<DeleteReport> {
        let soft = removal.is_soft(M::METADATA);
        if delete::is_plain(M::METADATA, soft) {
            let deletion = soft.then(Deletion::now);
            return Box::pin(self.delete_without_rules(exec, deletion)).await;
        }
        let query = if soft { self.into_delete() } else { self };
        let roots = async |exec: Exec<'_>| query.clone().packed_ids(exec).await;
        delete::delete(exec, M::METADATA, removal, roots, None).await
    }

    /// The documents that a delete by the rules of the model deletes: not those that are deleted already, unless their delete
    /// was interrupted.
    fn into_delete(self) -> Self {
        match self.visible {
            _ if !Removal::ByModel.is_soft(M::METADATA) => self,
            Visible::Deleted => self.none(),
            _ => self.visible(Visible::Unfinished),
        }
    }

    async fn delete_without_rules(self, exec: Exec<'_>, deletion: Option<Deletion>) -> Result<DeleteReport> {
        let query = match self.visible {
            Visible::Deleted if deletion.is_some() => self.none(),
            _ if deletion.is_some() => self.visible(Visible::Live),
            _ => self,
        };
        let (of, mut deleted) = ((M::METADATA, query.visible), 0);
        for target in query.resolve(exec).await?.write_targets(exec).await? {
            deleted += match deletion {
                Some(deletion) => {
                    delete::mark(exec, M::METADATA, target.filter, deletion, target.options.update()).await?
                }
                None => write::delete_visible(exec, of, target.filter, target.options.delete()).await?,
            };
        }
        Ok(DeleteReport::of::<M>(deleted, deletion))
    }
}

/// A filter of a write, with the options of its command.
struct WriteTarget {
    filter: Document,
    options: Options,
}
