//! Commands that return documents, and their replies.

use std::sync::Arc;

use mongodb::bson::{Document, RawDocument, RawDocumentBuf, doc};
use mongodb::options::{AggregateOptions, FindOptions};
use mongodb::raw_batch_cursor::{RawBatchCursor, SessionRawBatchCursor};

use futures_util::StreamExt;

use super::explain;
use super::find::Find;
use super::reader::{Batch, visit};
use super::transaction::Access;
use super::{Exec, Transaction};
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
    cursor: Cursor<'e>,
    joined: Option<Graph>,
    collection: &'static str,
    /// Whether the next batch is the first one, which is a part of the reply to the command.
    is_first: bool,
}

enum Cursor<'e> {
    Plain(RawBatchCursor),
    Session(SessionRawBatchCursor, &'e Transaction),
}

impl<'e> Batches<'e> {
    pub(crate) async fn open(exec: Exec<'e>, find: Find, mut options: FindOptions) -> Result<Self> {
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
            return Box::pin(Self::aggregate(exec, aggregate)).await;
        }
        let collection = exec.collection::<RawDocumentBuf>(find.collection);
        if let Some(explained) = wants_explanation() {
            Box::pin(explain::find(exec, &explained, &find, &options)).await;
        }
        let command = Command::new("find", find.collection).filtered(&find.filter);
        let action = collection.find(find.filter).with_options(options);
        let cursor = match exec {
            Exec::Database(_) => {
                command.sent();
                Cursor::Plain(action.batch().await?)
            }
            Exec::Transaction(tx) => {
                let mut guard = tx.command(Access::Read).await?;
                command.sent();
                let outcome = action.session(&mut *guard).batch().await;
                guard.finish(&outcome, |error| error.clone().into()).await;
                Cursor::Session(outcome?, tx)
            }
        };
        Ok(Self { cursor, joined: None, collection: find.collection, is_first: true })
    }

    pub(crate) async fn aggregate(exec: Exec<'e>, aggregate: Aggregate) -> Result<Self> {
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
        let cursor = match exec {
            Exec::Database(_) => {
                command.sent();
                action.batch().await.map(Cursor::Plain)
            }
            Exec::Transaction(tx) => {
                let mut guard = tx.command(Access::Read).await?;
                command.sent();
                let outcome = action.session(&mut *guard).batch().await;
                guard.finish(&outcome, |error| Error::read(error.clone(), joined.as_ref())).await;
                outcome.map(|cursor| Cursor::Session(cursor, tx))
            }
        };
        match cursor {
            Ok(cursor) => Ok(Self { cursor, joined, collection: name, is_first: true }),
            Err(error) => Err(Error::read(error, joined.as_ref())),
        }
    }

    pub(crate) async fn next(&mut self) -> Result<Option<Batch>> {
        let batch = match &mut self.cursor {
            Cursor::Plain(cursor) => cursor.next().await,
            Cursor::Session(cursor, tx) => {
                let mut guard = tx.command(Access::Read).await?;
                let batch = cursor.stream(&mut guard).next().await.transpose();
                guard.finish(&batch, |error| Error::read(error.clone(), self.joined.as_ref())).await;
                batch.transpose()
            }
        };
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
