//! The public methods that read the results of a query.

use std::sync::Arc;

use crate::error::Graph;
use crate::plan::{self, JoinAt, JoinedRows, Kept, Keys, Origin, Plan, Strategy, View};
use crate::query::{Page, Query};
use crate::store::{
    self, Aggregate, Batch, Batches, BoxFuture, Exec, Executor, Reader, Request, Rows, StreamBatch, run_aside,
};
use crate::{Error, Model, Result};

impl<M: Model, P: Plan<M>, V: View<M>> Query<M, P, V> {
    /// Returns all results.
    ///
    /// One command, and one more for each further 16 MiB. Relations that are loaded need further commands, see
    /// [`with`](Query::with); with [`Strategy::Lookup`], they don't.
    ///
    /// # Errors
    ///
    /// [`Error::Decode`], [`Error::Driver`], the errors of [`to_query`](Query::to_query), and with [`Strategy::Lookup`]
    /// [`Error::TooLarge`].
    #[track_caller]
    pub fn all<'e>(self, on: impl Executor<'e>) -> BoxFuture<'e, Result<Vec<P::Row<V>>>>
    where
        P: 'e,
    {
        self.call("all").run(async move {
            let exec = on.executor();
            let (query, plan) = self.split();
            query.resolve(exec).await?.load_graph::<P, V>(exec, &plan).await
        })
    }

    /// Returns the first result. Without an order, this is the one with the least `_id`. One command.
    ///
    /// # Errors
    ///
    /// As for [`all`](Query::all).
    #[track_caller]
    pub fn first<'e>(self, on: impl Executor<'e>) -> BoxFuture<'e, Result<Option<P::Row<V>>>>
    where
        P: 'e,
    {
        self.call("first").run(async move {
            let found = self.at_most(1).all(on).await?;
            Ok(found.into_iter().next())
        })
    }

    /// Returns the only result. One command.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if there is none, [`Error::NotUnique`] if there are several, and those of
    /// [`all`](Query::all).
    #[track_caller]
    pub fn one<'e>(self, on: impl Executor<'e>) -> BoxFuture<'e, Result<P::Row<V>>>
    where
        P: 'e,
    {
        self.call("one").run(async move {
            let model = M::METADATA.name;
            let (exec, (query, plan)) = (on.executor(), self.split());
            let query = query.at_most(2).resolve(exec).await?;
            let keys = Keys::of(&plan);
            let mut found = match query.lookup_pipeline::<P, V>(&plan, &keys)? {
                Some(_) => query.load_graph::<P, V>(exec, &plan).await?,
                None => match query.rows::<V>(exec, &keys).await? {
                    found if found.len() > 1 => return Err(Error::NotUnique { model }),
                    found => load_plan::<M, P, V>(Origin::new(exec, None), &plan, found).await?,
                },
            };
            match (found.pop(), found.pop()) {
                (Some(one), None) => Ok(one),
                (None, _) => Err(Error::NotFound { model }),
                (Some(_), Some(_)) => Err(Error::NotUnique { model }),
            }
        })
    }

    /// Counts the results. One command, which reads no documents.
    ///
    /// # Errors
    ///
    /// As for [`all`](Query::all).
    #[track_caller]
    pub fn count<'e>(self, on: impl Executor<'e>) -> BoxFuture<'e, Result<u64>> {
        let query = self.split().0;
        query.call("count").run(async move {
            let exec = on.executor();
            query.resolve(exec).await?.total(exec).await
        })
    }

    /// Whether there is a result. One command, which reads no documents.
    ///
    /// # Errors
    ///
    /// As for [`all`](Query::all).
    #[track_caller]
    pub fn exists<'e>(self, on: impl Executor<'e>) -> BoxFuture<'e, Result<bool>> {
        let query = self.split().0.at_most(1);
        query.call("exists").run(async move { Ok(query.count(on).await? > 0) })
    }

    /// Returns the results one at a time, in constant memory. One command for each 1,000 results.
    ///
    /// See [`Rows`] for how to read the stream.
    ///
    /// # Errors
    ///
    /// As for [`all`](Query::all), as an item. The stream ends after an error.
    #[track_caller]
    pub fn stream<'e>(self, on: impl Executor<'e>) -> Rows<'e, P::Row<V>>
    where
        P: 'e,
    {
        let call = self.call("stream");
        let (exec, (query, plan)) = (on.executor(), self.split());
        let keys = Arc::new(Keys::of(&plan));
        let (plan, same_keys) = (Arc::new(plan), Arc::clone(&keys));
        let same_plan = Arc::clone(&plan);
        let request = async move {
            let query = query.resolve(exec).await?;
            if query.is_sorted_here() {
                return Ok(Request::Read(query.rows::<V>(exec, &same_keys).await?));
            }
            Ok(match query.lookup_pipeline::<P, V>(&same_plan, &same_keys)? {
                Some(joined) => Request::Joined(Box::new(joined)),
                None => Request::Finds(query.stream_commands(same_keys.fields::<M, V>().as_ref())?),
            })
        };
        let reader = plan::reader::<M, V>(&keys);
        let finish = move |batch| -> BoxFuture<'e, Result<Vec<P::Row<V>>>> {
            let (plan, keys) = (Arc::clone(&plan), Arc::clone(&keys));
            Box::pin(async move {
                match batch {
                    StreamBatch::Read(documents) => {
                        load_plan::<M, P, V>(Origin::new(exec, None), &plan, documents).await
                    }
                    StreamBatch::Joined(batch) => rows_of_pipeline::<M, P, V>(exec, &plan, &keys, &batch).await,
                }
            })
        };
        Rows::open(call, exec, request, reader, Box::new(finish))
    }

    /// Returns a page of `size` results, and the number of all results. The first page has the number 1. Two commands.
    ///
    /// The server reads and skips all results before the page. For long lists, [`after`](Query::after) is faster.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] for page 0 or a size of 0, and those of [`all`](Query::all).
    #[track_caller]
    pub fn page<'e>(self, on: impl Executor<'e>, number: u64, size: u64) -> BoxFuture<'e, Result<Page<P::Row<V>>>>
    where
        P: 'e,
    {
        self.call("page").run(async move {
            if number == 0 || size == 0 {
                return Err(Error::Invalid {
                    model: M::METADATA.name,
                    value: true,
                    reason: format!(
                        "there is no page {number} of {size} documents; the number and the size of a page begin with 1"
                    ),
                });
            }
            let (exec, (query, plan)) = (on.executor(), self.split());
            let query = query.resolve(exec).await?;
            let total = query.total(exec).await?;
            let passed = (number - 1).saturating_mul(size);
            let items = query.page_window(passed, size).load_graph::<P, V>(exec, &plan).await?;
            Ok(Page { items, total, number, size })
        })
    }

    fn at_most(self, n: u64) -> Self {
        let limit = self.limit.map_or(n, |limit| limit.min(n));
        self.limit(limit)
    }
}

/// Loads the plan for all documents at once, and returns their rows.
async fn load_plan<M: Model, P: Plan<M>, V: View<M>>(
    from: Origin<'_>,
    plan: &P,
    documents: Vec<(V, V::Kept)>,
) -> Result<Vec<P::Row<V>>> {
    let outs = {
        let held = V::Kept::held(documents.iter());
        plan.load(from, held.parents()).await?
    };
    run_aside(documents.len(), move || P::rows(documents.into_iter().map(|(document, _)| document), outs).collect())
        .await
}

/// The rows of a pipeline that joined the steps of the plan, or some of them.
async fn rows_of_pipeline<M: Model, P: Plan<M>, V: View<M>>(
    exec: Exec<'_>,
    plan: &P,
    keys: &Keys,
    batch: &Batch,
) -> Result<Vec<P::Row<V>>> {
    let reader = plan::reader::<M, V>(keys);
    let reader = Reader::new(move |row| reader.read(plan::document(row)?));
    let rows = store::documents_of(batch).await?;
    let rows = JoinedRows { batch, rows: &rows };
    let documents = rows.read(&reader).await?;
    load_plan::<M, P, V>(Origin::new(exec, Some(rows)), plan, documents).await
}

impl<M: Model> Query<M> {
    /// The pipeline that joins the steps of the plan to the results, for [`Strategy::Lookup`]. `None` if no step can be
    /// joined, if the query has a collation (it would apply to the joined relations too), or if the results have the
    /// order of a list of ids (a pipeline can't sort by it).
    fn lookup_pipeline<P: Plan<M>, V: View<M>>(&self, plan: &P, keys: &Keys) -> Result<Option<Aggregate>> {
        let whole = self.options.collation.is_none() && self.arrangement().is_none();
        if self.options.strategy != Strategy::Lookup || !whole || self.pieces()?.is_some() {
            return Ok(None);
        }
        let (find, stages) = (self.to_query()?, plan.join(&JoinAt::document::<M, V>())?);
        if find.limit == Some(0) || stages.is_empty() {
            return Ok(None);
        }
        let pipeline = plan::pipeline(&find, keys.fields::<M, V>().as_ref(), stages);
        let joined = Some(Graph { model: M::METADATA.name, relations: P::names() });
        let collection = Some(find.collection);
        Ok(Some(Aggregate { collection, pipeline, options: self.options.aggregate(), joined }))
    }

    /// The results with everything that the plan loads.
    async fn load_graph<P: Plan<M>, V: View<M>>(&self, exec: Exec<'_>, plan: &P) -> Result<Vec<P::Row<V>>> {
        let keys = Keys::of(plan);
        let Some(aggregate) = self.lookup_pipeline::<P, V>(plan, &keys)? else {
            let documents = self.rows::<V>(exec, &keys).await?;
            return load_plan::<M, P, V>(Origin::new(exec, None), plan, documents).await;
        };
        let mut batches = Batches::aggregate(exec, aggregate).await?;
        let mut rows = Vec::new();
        while let Some(batch) = batches.next().await? {
            rows.extend(rows_of_pipeline::<M, P, V>(exec, plan, &keys, &batch).await?);
        }
        Ok(rows)
    }

    /// Restricts the query to `size` results after `passed` ones, within its own window.
    fn page_window(self, passed: u64, size: u64) -> Self {
        let left = self.limit.map(|limit| limit.saturating_sub(passed));
        let skip = self.skip.unwrap_or(0).saturating_add(passed);
        self.skip(skip).limit(left.map_or(size, |left| left.min(size)))
    }
}
