use std::collections::HashSet;

use mongodb::bson::{Bson, Document, RawBsonRef, RawDocument, RawDocumentBuf, doc};
use mongodb::options::{AggregateOptions, CountOptions, FindOptions, ReadPreference, SelectionCriteria};

use super::batches::{Aggregate, Batches};
use super::decode::decode;
use super::find::Find;
use super::reader::{Reader, read_batch, visit};
use super::transaction::Access;
use super::{BoxFuture, Exec};
use crate::bson::PackedId;
use crate::field::value;
use crate::observe::Command;
use crate::schema::{Documents, Kinds, ModelMetadata};
use crate::{Error, Model, Result, bson};

/// All documents of a query.
pub(crate) async fn all<M: Model>(exec: Exec<'_>, find: Find, options: FindOptions) -> Result<Vec<M>> {
    read(exec, find, options, &Reader::new(decode)).await
}

/// What `reader` reads of all documents of a query.
pub(crate) fn read<'a, X: Send + 'static>(
    exec: Exec<'a>,
    find: Find,
    options: FindOptions,
    reader: &'a Reader<X>,
) -> BoxFuture<'a, Result<Vec<X>>> {
    Box::pin(async move {
        let mut batches = Batches::open(exec, find, options).await?;
        let mut rows = Vec::new();
        while let Some(batch) = batches.next().await? {
            read_batch(&batch, reader, &mut rows).await?;
        }
        Ok(rows)
    })
}

/// The distinct values of one field in the documents of a query, without nulls. Only that field is sent.
pub(crate) async fn values(exec: Exec<'_>, find: Find, key: &str, mut options: FindOptions) -> Result<Vec<Bson>> {
    let mut projection = doc! { key: 1 };
    if key != "_id" {
        projection.insert("_id", 0);
    }
    options.projection = Some(projection);
    distinct(exec, find, options, |document| value(document, key)).await
}

/// The distinct results of `read` for the documents of a query, without nulls.
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
        })
        .await?;
    }
    Ok(rows)
}

/// The results of `read`, which is quick, for the documents of a query.
pub(crate) async fn find<T>(
    exec: Exec<'_>,
    find: Find,
    options: FindOptions,
    read: impl FnMut(&RawDocument) -> Result<T>,
) -> Result<Vec<T>> {
    gather(Batches::open(exec, find, options).await?, read).await
}

/// The results of `read` for the documents of a pipeline.
pub(crate) async fn aggregate<T>(
    exec: Exec<'_>,
    collection: Option<&'static str>,
    pipeline: Vec<Document>,
    read: impl FnMut(&RawDocument) -> Result<T>,
) -> Result<Vec<T>> {
    let aggregate = Aggregate { collection, pipeline, options: AggregateOptions::default(), joined: None };
    aggregate_with(exec, aggregate, read).await
}

/// The same as [`aggregate`], with options, or for a pipeline that joins related documents.
pub(crate) async fn aggregate_with<T>(
    exec: Exec<'_>,
    aggregate: Aggregate,
    read: impl FnMut(&RawDocument) -> Result<T>,
) -> Result<Vec<T>> {
    gather(Batches::aggregate(exec, aggregate).await?, read).await
}

/// The number of documents of a query, counted by the server.
pub(crate) fn count(exec: Exec<'_>, find: Find, options: CountOptions) -> BoxFuture<'_, Result<u64>> {
    if !find.joins.is_empty() {
        return Box::pin(count_joined(exec, find, options));
    }
    Box::pin(async move {
        let collection = exec.collection::<RawDocumentBuf>(find.collection);
        let command = Command::new("count", find.collection).filtered(&find.filter);
        let action = collection.count_documents(find.filter).with_options(options);
        let Some(tx) = exec.transaction() else {
            command.sent();
            return Ok(action.await?);
        };
        let mut guard = tx.command(Access::Read).await?;
        command.sent();
        let outcome = action.session(&mut *guard).await;
        guard.finish(&outcome, |error| error.clone().into()).await;
        Ok(outcome?)
    })
}

/// Counts by a pipeline, for a query with joins: `count_documents` takes only a filter.
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
        Ok(n.and_then(bson::integer).map_or(0, i64::unsigned_abs))
    });
    Ok(counts.await?.into_iter().sum())
}

/// The selection criteria of a query that decides about a write. It reads from the primary, whatever the database's read
/// preference is. `None` for a transaction, which always reads from the primary.
pub(crate) fn primary(exec: Exec<'_>) -> Option<SelectionCriteria> {
    (!exec.is_transaction()).then(|| SelectionCriteria::ReadPreference(ReadPreference::Primary))
}

/// The same as [`find`], for a query that decides about a write.
pub(crate) async fn find_on_primary<T>(
    exec: Exec<'_>,
    find: Find,
    mut options: FindOptions,
    read: impl FnMut(&RawDocument) -> Result<T>,
) -> Result<Vec<T>> {
    options.selection_criteria = options.selection_criteria.or_else(|| primary(exec));
    self::find(exec, find, options, read).await
}

/// The ids of the documents of a query that decides about a write.
pub(crate) async fn ids(exec: Exec<'_>, find: Find) -> Result<Vec<PackedId>> {
    let limit = find.limit.map(|n| i64::try_from(n).unwrap_or(i64::MAX));
    let options = FindOptions::builder().projection(doc! { "_id": 1 }).limit(limit).build();
    find_on_primary(exec, find, options, id_of).await
}

/// Ids, by the models as which their documents are handled.
pub(crate) type IdsByModel = Vec<(&'static ModelMetadata, Vec<PackedId>)>;

/// The ids of the documents of a query of `model` that decides about a write. One command.
pub(crate) async fn ids_by_model(exec: Exec<'_>, model: &'static ModelMetadata, find: Find) -> Result<IdsByModel> {
    let kinds = Kinds::of(model);
    if kinds.is_single() {
        return Ok(vec![(model, ids(exec, find).await?)]);
    }
    let options = FindOptions::builder().projection(kinds.projection()).build();
    let read = |document: &RawDocument| Ok((kinds.of_document(document), id_of(document)?));
    Ok(by_model(find_on_primary(exec, find, options, read).await?))
}

/// Groups ids by their models.
pub(crate) fn by_model(found: impl IntoIterator<Item = (&'static ModelMetadata, PackedId)>) -> IdsByModel {
    let mut all = IdsByModel::new();
    for (model, id) in found {
        match all.iter_mut().find(|(other, _)| std::ptr::eq(*other, model)) {
            Some((_, ids)) => ids.push(id),
            None => all.push((model, vec![id])),
        }
    }
    all
}

/// The documents of a query that decides about a write, not decoded.
pub(crate) async fn documents(exec: Exec<'_>, find: Find) -> Result<Vec<RawDocumentBuf>> {
    find_on_primary(exec, find, FindOptions::default(), |document| Ok(document.to_owned())).await
}

/// The number of documents that match a condition, to decide about a write.
pub(crate) async fn count_on_primary(exec: Exec<'_>, of: impl Into<Documents>, filter: Document) -> Result<u64> {
    let options = CountOptions::builder().selection_criteria(primary(exec)).build();
    count(exec, Find::new(of, filter), options).await
}

/// The id of a document.
pub(crate) fn id_of(document: &RawDocument) -> Result<PackedId> {
    let id = document.get("_id").map_err(mongodb::error::Error::from)?;
    PackedId::from_raw(id.unwrap_or(RawBsonRef::Null)).map_err(Error::other)
}
