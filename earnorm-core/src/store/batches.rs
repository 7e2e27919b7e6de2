//! Commands that return documents, and their replies.

use std::sync::Arc;

use mongodb::bson::{Document, RawDocument, RawDocumentBuf, doc};
use mongodb::error;
use mongodb::options::{AggregateOptions, FindOptions};
use mongodb::raw_batch_cursor::{RawBatch, RawBatchCursor, SessionRawBatchCursor};

use futures_util::StreamExt;

use super::explain;
use super::find::Find;
use super::reader::{Batch, visit};
use super::transaction::Access;
use super::{BoxFuture, Exec, Transaction};
use crate::error::Graph;
use crate::observe::{Command, received, wants_explanation};
use crate::{Error, Result};

/// A batch size above what fits into a reply. The server then fills the reply up to 16 MiB. By default, the first reply
/// would have 101 documents.
const WHOLE_REPLY: u32 = 1 << 30;

/// A pipeline to send.
pub(crate) struct Aggregate {
    /// `None` if the pipeline begins with `$documents`.
    pub(crate) collection: Option<&'static str>,
    pub(crate) pipeline: Vec<Document>,
    pub(crate) options: AggregateOptions,
    /// The relations that the pipeline joins, for the error [`Error::TooLarge`].
    pub(crate) joined: Option<Graph>,
}

impl Aggregate {
    pub(crate) fn new(collection: &'static str, pipeline: Vec<Document>) -> Self {
        Self { collection: Some(collection), pipeline, options: AggregateOptions::default(), joined: None }
    }
}

/// The result of one command, as batches of documents that aren't decoded.
pub(crate) struct Batches<'e> {
    cursor: Box<dyn Cursor + 'e>,
    joined: Option<Graph>,
    collection: &'static str,
    /// Whether the next batch is the first one, which is a part of the reply to the command.
    is_first: bool,
}

/// A cursor of the driver.
trait Cursor: Send {
    fn next<'c>(&'c mut self, joined: Option<&'c Graph>) -> BoxFuture<'c, Option<error::Result<RawBatch>>>;
}

impl Cursor for RawBatchCursor {
    fn next<'c>(&'c mut self, _: Option<&'c Graph>) -> BoxFuture<'c, Option<error::Result<RawBatch>>> {
        Box::pin(StreamExt::next(self))
    }
}

struct InTransaction<'e>(SessionRawBatchCursor, &'e Transaction);

impl Cursor for InTransaction<'_> {
    fn next<'c>(&'c mut self, joined: Option<&'c Graph>) -> BoxFuture<'c, Option<error::Result<RawBatch>>> {
        Box::pin(async move {
            let Self(cursor, tx) = self;
            let mut guard = match tx.command(Access::Read).await {
                Ok(guard) => guard,
                Err(error) => return Some(Err(error)),
            };
            let batch = cursor.stream(&mut guard).next().await.transpose();
            guard.finish(&batch, |error| Error::read(error.clone(), joined)).await;
            batch.transpose()
        })
    }
}

impl<'e> Batches<'e> {
    pub(crate) fn open(exec: Exec<'e>, find: Find, options: FindOptions) -> BoxFuture<'e, Result<Self>> {
        Box::pin(Self::send_find(exec, find, options))
    }

    pub(crate) fn aggregate(exec: Exec<'e>, aggregate: Aggregate) -> BoxFuture<'e, Result<Self>> {
        Box::pin(Self::send_aggregate(exec, aggregate))
    }

    async fn send_find(exec: Exec<'e>, find: Find, mut options: FindOptions) -> Result<Self> {
        options.batch_size.get_or_insert(WHOLE_REPLY);
        if find.is_pipeline() {
            let mut pipeline = find.pipeline();
            pipeline.extend(options.projection.map(|fields| doc! { "$project": fields }));
            let mut aggregate = Aggregate::new(find.collection, pipeline);
            aggregate.options = AggregateOptions::builder()
                .batch_size(options.batch_size)
                .collation(options.collation)
                .hint(options.hint)
                .comment(options.comment)
                .max_time(options.max_time)
                .selection_criteria(options.selection_criteria)
                .build();
            return Self::aggregate(exec, aggregate).await;
        }
        let collection = exec.collection::<RawDocumentBuf>(find.collection);
        if let Some(explained) = wants_explanation() {
            Box::pin(explain::find(exec, &explained, &find, &options)).await;
        }
        let command = Command::new("find", find.collection).filtered(&find.filter);
        let action = collection.find(find.filter).with_options(options);
        let cursor: Box<dyn Cursor + 'e> = if let Some(tx) = exec.transaction() {
            let mut guard = tx.command(Access::Read).await?;
            command.sent();
            let outcome = action.session(&mut *guard).batch().await;
            guard.finish(&outcome, |error| error.clone().into()).await;
            Box::new(InTransaction(outcome?, tx))
        } else {
            command.sent();
            Box::new(action.batch().await?)
        };
        Ok(Self { cursor, joined: None, collection: find.collection, is_first: true })
    }

    async fn send_aggregate(exec: Exec<'e>, aggregate: Aggregate) -> Result<Self> {
        let Aggregate { collection, pipeline, mut options, joined } = aggregate;
        options.batch_size.get_or_insert(WHOLE_REPLY);
        if let Some(explained) = wants_explanation() {
            Box::pin(explain::aggregate(exec, &explained, collection, &pipeline, &options)).await;
        }
        let name = collection.unwrap_or_default();
        let command = Command::new("aggregate", name).with_pipeline(&pipeline);
        let collection = collection.map(|name| exec.collection::<RawDocumentBuf>(name));
        let action = match &collection {
            Some(collection) => collection.aggregate(pipeline),
            None => exec.database().aggregate(pipeline),
        };
        let action = action.with_options(options);
        let cursor: error::Result<Box<dyn Cursor + 'e>> = if let Some(tx) = exec.transaction() {
            let mut guard = tx.command(Access::Read).await?;
            command.sent();
            let outcome = action.session(&mut *guard).batch().await;
            guard.finish(&outcome, |error| Error::read(error.clone(), joined.as_ref())).await;
            outcome.map(|cursor| Box::new(InTransaction(cursor, tx)) as _)
        } else {
            command.sent();
            action.batch().await.map(|cursor| Box::new(cursor) as _)
        };
        match cursor {
            Ok(cursor) => Ok(Self { cursor, joined, collection: name, is_first: true }),
            Err(error) => Err(Error::read(error, joined.as_ref())),
        }
    }

    pub(crate) async fn next(&mut self) -> Result<Option<Batch>> {
        let batch = self.cursor.next(self.joined.as_ref()).await;
        let is_first = std::mem::replace(&mut self.is_first, false);
        if !is_first && batch.is_some() {
            Command::new("getMore", self.collection).sent();
        }
        if let Some(Ok(batch)) = &batch {
            received(|| Ok((batch.doc_slices()?.into_iter().count(), batch.as_raw_document().as_bytes().len())));
        }
        let batch = batch.transpose().map_err(|error| Error::read(error, self.joined.as_ref()))?;
        Ok(batch.map(Arc::new))
    }
}

impl Batches<'_> {
    /// The results of `read` for the documents of the next batch; `None` after the last batch.
    pub(crate) async fn read<T>(&mut self, read: impl Fn(&RawDocument) -> Result<T>) -> Result<Option<Vec<T>>> {
        let Some(batch) = self.next().await? else {
            return Ok(None);
        };
        let mut rows = Vec::new();
        visit(&batch, |document| {
            rows.push(read(document)?);
            Ok(())
        })
        .await?;
        Ok(Some(rows))
    }
}

/// The documents of a batch.
pub(crate) async fn documents(batch: &Batch) -> Result<Vec<&RawDocument>> {
    let mut documents = Vec::new();
    visit(batch, |document| {
        documents.push(document);
        Ok(())
    })
    .await?;
    Ok(documents)
}
