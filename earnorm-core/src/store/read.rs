use std::collections::HashSet;

use mongodb::bson::{Bson, Document, RawBsonRef, RawDocument, RawDocumentBuf, doc};
use mongodb::options::{AggregateOptions, CountOptions, FindOptions, ReadPreference, SelectionCriteria};

use super::Exec;
use super::find::Find;
use super::rows::{Aggregate, Batches, decode, visit};
use super::transaction::Access;
use crate::bson::PackedId;
use crate::field::value;
use crate::{Error, Model, Result, bson};

/// Every document of a query.
pub(crate) async fn all<M: Model>(exec: Exec<'_>, find: Find, options: FindOptions) -> Result<Vec<M>> {
    self::find(exec, find, options, decode).await
}

/// What every document of a query has under one key, each once and nulls left out, and nothing else of it.
pub(crate) async fn values(exec: Exec<'_>, find: Find, key: &str, mut options: FindOptions) -> Result<Vec<Bson>> {
    let mut projection = doc! { key: 1 };
    if key != "_id" {
        projection.insert("_id", 0);
    }
    options.projection = Some(projection);
    distinct(exec, find, options, |document| value(document, key)).await
}

/// What `read` makes of each document of a query, each once and nulls left out.
pub(crate) async fn distinct(
    exec: Exec<'_>,
    find: Find,
    options: FindOptions,
    read: impl FnMut(&RawDocument) -> Result<Bson>,
) -> Result<Vec<Bson>> {
    let mut seen = HashSet::new();
    let values = self::find(exec, find, options, read).await?;
    let distinct = values.into_iter().filter(|value| *value != Bson::Null && seen.insert(bson::identity(value)));
    Ok(distinct.collect())
}

async fn gather<T>(mut batches: Batches<'_>, mut read: impl FnMut(&RawDocument) -> Result<T>) -> Result<Vec<T>> {
    let mut rows = Vec::new();
    while let Some(batch) = batches.next().await? {
        visit(&batch, |document| {
            rows.push(read(document)?);
            Ok(())
        })?;
    }
    Ok(rows)
}

/// What `read` makes of each result of a `find`.
pub(crate) async fn find<T>(
    exec: Exec<'_>,
    find: Find,
    options: FindOptions,
    read: impl FnMut(&RawDocument) -> Result<T>,
) -> Result<Vec<T>> {
    gather(Batches::open(exec, find, options).await?, read).await
}

/// What `read` makes of each result of a pipeline.
pub(crate) async fn aggregate<T>(
    exec: Exec<'_>,
    collection: Option<&'static str>,
    pipeline: Vec<Document>,
    read: impl FnMut(&RawDocument) -> Result<T>,
) -> Result<Vec<T>> {
    let aggregate = Aggregate { collection, pipeline, options: AggregateOptions::default(), joined: None };
    gather(Batches::aggregate(exec, aggregate).await?, read).await
}

/// How many documents a query has, counted by the server.
pub(crate) async fn count(exec: Exec<'_>, find: Find, options: CountOptions) -> Result<u64> {
    let collection = exec.collection::<RawDocumentBuf>(find.collection);
    if !find.joins.is_empty() {
        return Box::pin(count_joined(exec, find, options)).await;
    }
    let action = collection.count_documents(find.filter).with_options(options);
    match exec {
        Exec::Database(_) => Ok(action.await?),
        Exec::Transaction(tx) => {
            let mut step = tx.step(Access::Read).await?;
            let outcome = action.session(&mut *step).await;
            step.done(&outcome, |error| error.clone().into()).await;
            Ok(outcome?)
        }
    }
}

/// The driver's own count takes a filter only.
async fn count_joined(exec: Exec<'_>, mut find: Find, options: CountOptions) -> Result<u64> {
    find.sort.clear();
    let mut pipeline = find.pipeline();
    pipeline.push(doc! { "$count": "n" });
    let mut aggregate = Aggregate::new(find.collection, pipeline);
    aggregate.options = AggregateOptions::builder()
        .collation(options.collation)
        .hint(options.hint)
        .comment(options.comment)
        .max_time(options.max_time)
        .selection_criteria(options.selection_criteria)
        .build();
    let counts = gather(Batches::aggregate(exec, aggregate).await?, |count| {
        let n = count.get("n").map_err(mongodb::error::Error::from)?;
        Ok(n.and_then(|n| n.as_i64().or(n.as_i32().map(i64::from))).map_or(0, i64::unsigned_abs))
    });
    Ok(counts.await?.into_iter().sum())
}

/// What is read to decide on a write comes from the primary, wherever else the database is read. A transaction does so by
/// itself.
pub(crate) fn primary(exec: Exec<'_>) -> Option<SelectionCriteria> {
    (!exec.is_transaction()).then(|| SelectionCriteria::ReadPreference(ReadPreference::Primary))
}

/// What `read` makes of each document of a `find` that decides on a write.
pub(crate) async fn find_on_primary<T>(
    exec: Exec<'_>,
    find: Find,
    mut options: FindOptions,
    read: impl FnMut(&RawDocument) -> Result<T>,
) -> Result<Vec<T>> {
    options.selection_criteria = options.selection_criteria.or_else(|| primary(exec));
    self::find(exec, find, options, read).await
}

/// The ids of the documents that fulfil a condition, to decide on a write.
pub(crate) async fn ids(exec: Exec<'_>, find: Find) -> Result<Vec<PackedId>> {
    let limit = find.limit.map(|n| i64::try_from(n).unwrap_or(i64::MAX));
    let options = FindOptions::builder().projection(doc! { "_id": 1 }).limit(limit).build();
    find_on_primary(exec, find, options, id_of).await
}

/// The documents that fulfil a condition, undecoded, to decide on a write.
pub(crate) async fn documents(exec: Exec<'_>, find: Find) -> Result<Vec<RawDocumentBuf>> {
    find_on_primary(exec, find, FindOptions::default(), |document| Ok(document.to_owned())).await
}

/// How many documents fulfil a condition, to decide on a write.
pub(crate) async fn count_on_primary(exec: Exec<'_>, collection: &'static str, filter: Document) -> Result<u64> {
    let options = CountOptions::builder().selection_criteria(primary(exec)).build();
    count(exec, Find::new(collection, filter), options).await
}

/// The id of a document.
pub(crate) fn id_of(document: &RawDocument) -> Result<PackedId> {
    let id = document.get("_id").map_err(mongodb::error::Error::from)?;
    PackedId::from_raw(id.unwrap_or(RawBsonRef::Null)).map_err(Error::other)
}
