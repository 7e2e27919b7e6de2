//! The calls that run a query.

use std::sync::Arc;

use mongodb::bson::{Document, RawDocument};
use mongodb::options::{DeleteOptions, UpdateModifications, UpdateOptions};

use crate::error::Graph;
use crate::plan::{self, Origin, Plan, Strategy};
use crate::query::{Options, Page, Query, is_too_long};
use crate::store::{self, Aggregate, Batches, BoxFuture, Exec, Executor, Request, Rows, StreamBatch};
use crate::{DeletePlan, DeleteReport, Error, IntoUpdate, Model, Result, delete};

impl<M: Model, P: Plan<M>> Query<M, P> {
    /// Every result. One command, and one more for every further 16 MiB; more for what is loaded with them, as
    /// [`with`](Query::with) says, and none more by [`Strategy::Lookup`].
    ///
    /// # Errors
    ///
    /// [`Error::Decode`], [`Error::Driver`], by [`Strategy::Lookup`] [`Error::TooLarge`], and what [`to_query`](Query::to_query) refuses. So for all calls that read.
    pub fn all<'e>(self, on: impl Executor<'e>) -> BoxFuture<'e, Result<Vec<P::Row>>>
    where
        P: 'e,
    {
        Box::pin(async move {
            let exec = on.executor();
            let (query, plan) = self.split();
            query.resolved(exec).await?.graph(exec, &plan).await
        })
    }

    /// The first result; without an order, the one with the least `_id`. One command.
    ///
    /// # Errors
    ///
    /// As for [`all`](Query::all).
    pub fn first<'e>(self, on: impl Executor<'e>) -> BoxFuture<'e, Result<Option<P::Row>>>
    where
        P: 'e,
    {
        Box::pin(async move {
            let found = self.at_most(1).all(on).await?;
            Ok(found.into_iter().next())
        })
    }

    /// The one result. One command.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] where there is none, [`Error::NotUnique`] where there are several; else as for
    /// [`all`](Query::all).
    pub fn one<'e>(self, on: impl Executor<'e>) -> BoxFuture<'e, Result<P::Row>>
    where
        P: 'e,
    {
        Box::pin(async move {
            let model = M::METADATA.name;
            let (exec, (query, plan)) = (on.executor(), self.split());
            let query = query.at_most(2).resolved(exec).await?;
            let mut found = match query.joined(&plan)? {
                Some(_) => query.graph(exec, &plan).await?,
                None => match query.rows(exec).await? {
                    found if found.len() > 1 => return Err(Error::NotUnique { model }),
                    found => related(Origin::new(exec, None), &plan, found).await?,
                },
            };
            match (found.pop(), found.pop()) {
                (Some(one), None) => Ok(one),
                (None, _) => Err(Error::NotFound { model }),
                (Some(_), Some(_)) => Err(Error::NotUnique { model }),
            }
        })
    }

    /// How many results there are. One command, and no documents.
    ///
    /// # Errors
    ///
    /// As for [`all`](Query::all).
    pub fn count<'e>(self, on: impl Executor<'e>) -> BoxFuture<'e, Result<u64>> {
        let query = self.split().0;
        Box::pin(async move {
            let exec = on.executor();
            query.resolved(exec).await?.total(exec).await
        })
    }

    /// Whether there is a result. One command, and no documents.
    ///
    /// # Errors
    ///
    /// As for [`all`](Query::all).
    pub fn exists<'e>(self, on: impl Executor<'e>) -> BoxFuture<'e, Result<bool>> {
        let query = self.split().0.at_most(1);
        Box::pin(async move { Ok(query.count(on).await? > 0) })
    }

    /// The results one at a time, in constant memory. One command for every 1,000 results.
    ///
    /// See [`Rows`] for how to read it.
    ///
    /// # Errors
    ///
    /// As for [`all`](Query::all), each as an item; nothing comes behind one.
    pub fn stream<'e>(self, on: impl Executor<'e>) -> Rows<'e, P::Row>
    where
        P: 'e,
    {
        let (exec, (query, plan)) = (on.executor(), self.split());
        let plan = Arc::new(plan);
        let asked = Arc::clone(&plan);
        let request = async move {
            let query = query.resolved(exec).await?;
            if query.is_sorted_here() {
                return Ok(Request::Models(query.rows(exec).await?));
            }
            Ok(match query.joined(&*asked)? {
                Some(joined) => Request::Joined(Box::new(joined)),
                None => Request::Finds(query.finds()?),
            })
        };
        let finish = move |batch| -> BoxFuture<'e, Result<Vec<P::Row>>> {
            let plan = Arc::clone(&plan);
            Box::pin(async move {
                match batch {
                    StreamBatch::Models(models) => related(Origin::new(exec, None), &*plan, models).await,
                    StreamBatch::Joined(batch) => joined(exec, &*plan, &store::documents_of(&batch)?).await,
                }
            })
        };
        Rows::open(exec, request, Box::new(finish))
    }

    /// The `number`th page of `size` results, the first being 1, and how many results there are in all. Two commands.
    ///
    /// For lists that are long, [`after`](Query::after) costs the same however far in the page is; this doesn't.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] for page 0 or a size of 0; else as for [`all`](Query::all).
    pub fn page<'e>(self, on: impl Executor<'e>, number: u64, size: u64) -> BoxFuture<'e, Result<Page<P::Row>>>
    where
        P: 'e,
    {
        Box::pin(async move {
            if number == 0 || size == 0 {
                return Err(Error::Invalid {
                    model: M::METADATA.name,
                    value: true,
                    reason: format!(
                        "there is no page {number} of {size} documents; pages begin with 1, and so do their sizes"
                    ),
                });
            }
            let (exec, (query, plan)) = (on.executor(), self.split());
            let query = query.resolved(exec).await?;
            let total = query.total(exec).await?;
            let passed = (number - 1).saturating_mul(size);
            let items = query.window(passed, size).graph(exec, &plan).await?;
            Ok(Page { items, total, number, size })
        })
    }

    /// Changes every result; gives how many there were. One command.
    ///
    /// With a `skip`, a `limit`, an `after` or a condition on related documents, two: the ids are read first, then changed 1,000 a command. No
    /// hooks run.
    ///
    /// # Errors
    ///
    /// [`Error::Encode`], [`Error::Duplicate`], [`Error::Driver`]. Outside a transaction, documents that were changed
    /// before the failure stay so.
    pub fn update<'e>(self, on: impl Executor<'e>, update: impl IntoUpdate<M>) -> BoxFuture<'e, Result<u64>> {
        let (update, query) = (update.into_update(), self.split().0);
        Box::pin(async move {
            let update = update.into_modifications().map_err(Error::encode::<M>)?;
            query.modify(on.executor(), update).await
        })
    }

    /// Deletes every result, by the rules of its model. All that they reach is found by ids, and every `restrict` in it
    /// checked, before the first write. In a transaction where the server has them. Only rules of models that are linked into
    /// the program are known.
    ///
    /// Where no rule and no hook concerns the model, one command, more with a `skip`, a `limit`, an `after` or a
    /// condition on related documents, as for [`update`](Query::update). Else at most three for each relation and level, one more for every
    /// further 1,000 documents of a level, and one to commit; never one per document. A model without hooks isn't decoded,
    /// so documents that don't decode can be deleted by a filter.
    ///
    /// # Errors
    ///
    /// [`Error::Restricted`] where a rule forbids it, [`Error::RuleConflict`] where two contradict each other,
    /// [`Error::TransactionTooLarge`] for more than 250,000 documents, [`Error::Hook`], [`Error::Driver`]. Nothing was
    /// written then; on a standalone server, children may be gone, and running it again does the rest.
    pub fn delete<'e>(self, on: impl Executor<'e>) -> BoxFuture<'e, Result<DeleteReport>> {
        let query = self.split().0;
        Box::pin(async move {
            let exec = on.executor();
            if delete::is_plain(M::METADATA) {
                return query.delete_plainly(exec).await;
            }
            delete::delete(exec, M::METADATA, async |exec| query.clone().packed_ids(exec).await, None).await
        })
    }

    /// A [`delete`](Query::delete), if it does what a plan said whose [`digest`](DeletePlan::digest) this is. All is found
    /// again and compared in the same transaction; on a standalone server, which has none, before the first write.
    ///
    /// As many commands as for [`plan_delete`](Query::plan_delete) and for writing it, and one to commit.
    ///
    /// # Errors
    ///
    /// [`Error::StalePlan`] if the delete would do something else than planned; nothing was written. Else as for
    /// [`delete`](Query::delete).
    pub fn delete_if<'e>(self, on: impl Executor<'e>, digest: impl AsRef<str>) -> BoxFuture<'e, Result<DeleteReport>> {
        let (query, digest) = (self.split().0, digest.as_ref().to_owned());
        Box::pin(async move {
            let roots = async |exec: Exec<'_>| query.clone().packed_ids(exec).await;
            delete::delete(on.executor(), M::METADATA, roots, Some(&digest)).await
        })
    }

    /// Finds all that a [`delete`](Query::delete) would do, and writes nothing. One command for the results, at most two for
    /// each relation and level, one more for every further 1,000 documents of a level. See [`DeletePlan`] for an example.
    ///
    /// # Errors
    ///
    /// [`Error::RuleConflict`], [`Error::Driver`]. What forbids the delete is part of the plan, and no error.
    pub fn plan_delete<'e>(self, on: impl Executor<'e>) -> BoxFuture<'e, Result<DeletePlan>> {
        let query = self.split().0;
        Box::pin(async move {
            let exec = on.executor();
            Box::pin(DeletePlan::find(exec, M::METADATA, query.packed_ids(exec))).await
        })
    }

    fn at_most(self, n: u64) -> Self {
        let limit = self.limit.map_or(n, |limit| limit.min(n));
        self.limit(limit)
    }
}

/// The rows of documents: what the plan loads with them, for all at once.
async fn related<M: Model, P: Plan<M>>(from: Origin<'_>, plan: &P, models: Vec<M>) -> Result<Vec<P::Row>> {
    let outs = {
        let models: Vec<&M> = models.iter().collect();
        plan.load(from, &models).await?
    };
    Ok(P::rows(models.into_iter(), outs).collect())
}

/// The rows of a pipeline that joined the plan, or what it could of it.
async fn joined<M: Model, P: Plan<M>>(exec: Exec<'_>, plan: &P, rows: &[&RawDocument]) -> Result<Vec<P::Row>> {
    let models = rows.iter().map(|row| store::decode(plan::document(row)?)).collect::<Result<Vec<M>>>()?;
    related(Origin::new(exec, Some(rows)), plan, models).await
}

impl<M: Model> Query<M> {
    /// What [`update`](Query::update) does, by an update that is ready to be sent.
    pub(crate) async fn modify(self, exec: Exec<'_>, update: impl Into<UpdateModifications>) -> Result<u64> {
        let (update, mut changed) = (update.into(), 0);
        for target in self.resolved(exec).await?.targets(exec).await? {
            let options = UpdateOptions::builder()
                .collation(target.options.collation)
                .hint(target.options.hint)
                .comment(target.options.comment)
                .build();
            let collection = M::METADATA.collection;
            changed += store::update_many(exec, collection, target.filter, update.clone(), options)
                .await
                .map_err(Error::write::<M>)?
                .matched_count;
        }
        Ok(changed)
    }

    /// The pipeline that answers the query with all that can be joined to its results, if one is asked for and it can do
    /// anything: a collation would count in the joined relations' filters and orders, and no pipeline sorts by an array's
    /// order.
    fn joined<P: Plan<M>>(&self, plan: &P) -> Result<Option<Aggregate>> {
        let whole = self.options.collation.is_none() && self.arrangement().is_none();
        if self.options.strategy != Strategy::Lookup || !whole || self.pieces()?.is_some() {
            return Ok(None);
        }
        let (find, stages) = (self.to_query()?, plan.join()?);
        if find.limit == Some(0) || stages.is_empty() {
            return Ok(None);
        }
        let pipeline = plan::pipeline(&find, stages);
        let joined = Some(Graph { model: M::METADATA.name, relations: P::names() });
        let collection = Some(find.collection);
        Ok(Some(Aggregate { collection, pipeline, options: self.aggregate_options(), joined }))
    }

    /// The results, each with what the plan loads.
    async fn graph<P: Plan<M>>(&self, exec: Exec<'_>, plan: &P) -> Result<Vec<P::Row>> {
        let Some(aggregate) = self.joined(plan)? else {
            return related(Origin::new(exec, None), plan, self.rows(exec).await?).await;
        };
        let mut batches = Batches::aggregate(exec, aggregate).await?;
        let mut rows = Vec::new();
        while let Some(batch) = batches.next().await? {
            rows.extend(joined(exec, plan, &store::documents_of(&batch)?).await?);
        }
        Ok(rows)
    }

    /// `size` results behind `passed` ones, within this query's own window.
    fn window(self, passed: u64, size: u64) -> Self {
        let left = self.limit.map(|limit| limit.saturating_sub(passed));
        let skip = self.skip.unwrap_or(0).saturating_add(passed);
        self.skip(skip).limit(left.map_or(size, |left| left.min(size)))
    }

    /// What a command that takes no window and no join acts on: the query's own filter, or its results by their ids. Those
    /// are compared as they are, so without the query's collation.
    async fn targets(&self, exec: Exec<'_>) -> Result<Vec<Target>> {
        let Some((find, _)) = self.request()? else {
            return Ok(Vec::new());
        };
        let by_filter = !self.is_windowed() && !self.without.as_ref().is_some_and(|ids| is_too_long(ids));
        if by_filter && find.joins.is_empty() {
            let target = |filter| Target { filter, options: self.options.clone() };
            return match self.pieces()? {
                None => Ok(vec![target(find.filter)]),
                Some(pieces) => pieces.iter().map(|piece| Ok(target(piece.to_query()?.filter))).collect(),
            };
        }
        let ids = self.ids(exec).await?;
        Ok(store::chunks(&ids)
            .into_iter()
            .map(|ids| Target { filter: store::among("_id", ids), options: Options::default() })
            .collect())
    }

    /// Deletes what nothing depends on.
    async fn delete_plainly(self, exec: Exec<'_>) -> Result<DeleteReport> {
        let mut deleted = 0;
        for target in self.resolved(exec).await?.targets(exec).await? {
            let options = DeleteOptions::builder()
                .collation(target.options.collation)
                .hint(target.options.hint)
                .comment(target.options.comment)
                .build();
            let collection = M::METADATA.collection;
            deleted += store::delete_many(exec, collection, target.filter, options).await?.deleted_count;
        }
        Ok(DeleteReport::of::<M>(deleted))
    }
}

struct Target {
    filter: Document,
    options: Options,
}
