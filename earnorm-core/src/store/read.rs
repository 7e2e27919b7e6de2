use std::collections::HashSet;

use mongodb::action::{Action, CountDocuments};
use mongodb::bson::{Bson, Document, RawDocument, RawDocumentBuf, doc};
use mongodb::options::{AggregateOptions, CountOptions, FindOptions};

use super::Exec;
use super::rows::{Aggregate, Batches, decode, visit};
use crate::query::Find;
use crate::{Error, Model, Result, encoding};

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
    let mut seen = HashSet::new();
    let values =
        self::find(exec, find, options, |document| match document.get(key).map_err(mongodb::error::Error::from)? {
            Some(id) => encoding::owned(id).map_err(Error::other),
            None => Ok(Bson::Null),
        })
        .await?;
    let distinct = values.into_iter().filter(|value| *value != Bson::Null && seen.insert(encoding::identity(value)));
    Ok(distinct.collect())
}

async fn gather<T>(mut batches: Batches<'_>, read: impl Fn(&RawDocument) -> Result<T>) -> Result<Vec<T>> {
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
    read: impl Fn(&RawDocument) -> Result<T>,
) -> Result<Vec<T>> {
    gather(Batches::open(exec, find, options).await?, read).await
}

/// What `read` makes of each result of a pipeline.
pub(crate) async fn aggregate<T>(
    exec: Exec<'_>,
    collection: Option<&'static str>,
    pipeline: Vec<Document>,
    read: impl Fn(&RawDocument) -> Result<T>,
) -> Result<Vec<T>> {
    let aggregate = Aggregate { collection, pipeline, options: AggregateOptions::default(), joined: None };
    gather(Batches::aggregate(exec, aggregate).await?, read).await
}

/// How many documents a query has, counted by the server.
pub(crate) async fn count(exec: Exec<'_>, collection: &str, filter: Document, options: CountOptions) -> Result<u64> {
    let collection = exec.collection::<RawDocumentBuf>(collection);
    let mut session = exec.session().await;
    let action = collection
        .count_documents(filter)
        .with_options(options)
        .optional(session.as_deref_mut(), CountDocuments::session);
    Ok(action.await?)
}
