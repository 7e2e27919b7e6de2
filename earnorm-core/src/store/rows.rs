use std::collections::VecDeque;
use std::fmt;
use std::future::IntoFuture;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;
use futures_core::future::BoxFuture;
use futures_util::StreamExt;
use mongodb::bson::{Bson, Document, RawDocument, RawDocumentBuf, doc};
use mongodb::options::{AggregateOptions, FindOptions};
use mongodb::raw_batch_cursor::{RawBatch, RawBatchCursor, SessionRawBatchCursor};

use super::find::Find;
use super::transaction::Access;
use super::{Exec, Transaction};
use crate::error::Graph;
use crate::{Error, Model, Result, bson};

/// More than fits into a reply: the server then sends as much as does, and a `getMore` is needed only past 16 MiB.
/// Its default would be 101 documents.
const WHOLE_REPLY: u32 = 1 << 30;

/// A pipeline as it will be sent.
pub(crate) struct Aggregate {
    /// None where the pipeline brings its own documents.
    pub(crate) collection: Option<&'static str>,
    pub(crate) pipeline: Vec<Document>,
    pub(crate) options: AggregateOptions,
    /// What may be too large for one document, if more is joined to each.
    pub(crate) joined: Option<Graph>,
}

impl Aggregate {
    pub(crate) fn new(collection: &'static str, pipeline: Vec<Document>) -> Self {
        Self { collection: Some(collection), pipeline, options: AggregateOptions::default(), joined: None }
    }
}

/// The replies to one command, a batch at a time and not yet decoded.
pub(crate) struct Batches<'e> {
    cursor: Cursor<'e>,
    joined: Option<Graph>,
}

enum Cursor<'e> {
    Plain(RawBatchCursor),
    Session(SessionRawBatchCursor, &'e Transaction),
}

impl<'e> Batches<'e> {
    pub(crate) async fn open(exec: Exec<'e>, find: Find, mut options: FindOptions) -> Result<Self> {
        options.batch_size.get_or_insert(WHOLE_REPLY);
        if !find.joins.is_empty() {
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
        let action = collection.find(find.filter).with_options(options);
        let cursor = match exec {
            Exec::Database(_) => Cursor::Plain(action.batch().await?),
            Exec::Transaction(tx) => {
                let mut step = tx.step(Access::Read).await?;
                let outcome = action.session(&mut *step).batch().await;
                step.done(&outcome, |error| error.clone().into()).await;
                Cursor::Session(outcome?, tx)
            }
        };
        Ok(Self { cursor, joined: None })
    }

    pub(crate) async fn aggregate(exec: Exec<'e>, aggregate: Aggregate) -> Result<Self> {
        let Aggregate { collection, pipeline, mut options, joined } = aggregate;
        options.batch_size.get_or_insert(WHOLE_REPLY);
        let collection = collection.map(|name| exec.collection::<RawDocumentBuf>(name));
        let action = match &collection {
            Some(collection) => collection.aggregate(pipeline),
            None => exec.database().aggregate(pipeline),
        };
        let action = action.with_options(options);
        let cursor = match exec {
            Exec::Database(_) => action.batch().await.map(Cursor::Plain),
            Exec::Transaction(tx) => {
                let mut step = tx.step(Access::Read).await?;
                let outcome = action.session(&mut *step).batch().await;
                step.done(&outcome, |error| Error::read(error.clone(), joined.as_ref())).await;
                outcome.map(|cursor| Cursor::Session(cursor, tx))
            }
        };
        match cursor {
            Ok(cursor) => Ok(Self { cursor, joined }),
            Err(error) => Err(Error::read(error, joined.as_ref())),
        }
    }

    pub(crate) async fn next(&mut self) -> Result<Option<RawBatch>> {
        let batch = match &mut self.cursor {
            Cursor::Plain(cursor) => cursor.next().await,
            Cursor::Session(cursor, tx) => {
                let mut step = tx.step(Access::Read).await?;
                let batch = cursor.stream(&mut step).next().await.transpose();
                step.done(&batch, |error| Error::read(error.clone(), self.joined.as_ref())).await;
                batch.transpose()
            }
        };
        batch.transpose().map_err(|error| Error::read(error, self.joined.as_ref()))
    }
}

impl Batches<'_> {
    /// What `read` makes of each document of the next batch; `None` behind the last.
    pub(crate) async fn read<T>(&mut self, read: impl Fn(&RawDocument) -> Result<T>) -> Result<Option<Vec<T>>> {
        let Some(batch) = self.next().await? else {
            return Ok(None);
        };
        let mut rows = Vec::new();
        visit(&batch, |document| {
            rows.push(read(document)?);
            Ok(())
        })?;
        Ok(Some(rows))
    }
}

/// Calls `each` with every document of a batch.
pub(super) fn visit<'b>(batch: &'b RawBatch, mut each: impl FnMut(&'b RawDocument) -> Result<()>) -> Result<()> {
    for value in batch.doc_slices()? {
        let value = value.map_err(mongodb::error::Error::from)?;
        if let Some(document) = value.as_document() {
            each(document)?;
        }
    }
    Ok(())
}

/// Every document of a batch.
pub(crate) fn documents(batch: &RawBatch) -> Result<Vec<&RawDocument>> {
    let mut documents = Vec::new();
    visit(batch, |document| {
        documents.push(document);
        Ok(())
    })?;
    Ok(documents)
}

/// One document as its model; where that fails, which field of which document it was.
pub(crate) fn decode<M: Model>(document: &RawDocument) -> Result<M> {
    bson::decode_document(document).map_err(|source| {
        let id = match document.get("_id") {
            Ok(Some(id)) => bson::owned(id).unwrap_or(Bson::Null),
            _ => Bson::Null,
        };
        Error::Decode {
            model: M::METADATA.name,
            field: guilty_field::<M>(document, &source.to_string()),
            id: Box::new(id),
            source,
        }
    })
}

/// The raw decoder doesn't say where it failed, so a failed document is decoded once more by one that does.
fn guilty_field<M: Model>(document: &RawDocument, message: &str) -> String {
    const WHOLE: &str = ".";
    // a missing field is named by the message only; one inside a sub-document may have a name that stands here as well
    let missing = M::METADATA.fields.iter().find(|field| {
        message.contains(&format!("missing field `{}`", field.bson_name))
            && !matches!(document.get(field.bson_name), Ok(Some(_)))
    });
    if let Some(field) = missing {
        return field.bson_name.to_owned();
    }
    let Ok(document) = Document::try_from(document) else {
        return WHOLE.to_owned();
    };
    let decoder = mongodb::bson::Deserializer::new(Bson::Document(document));
    match serde_path_to_error::deserialize::<_, M>(decoder) {
        Ok(_) => WHOLE.to_owned(),
        Err(error) => error.path().to_string(),
    }
}

/// The documents of a query, one at a time: what `stream` returns.
///
/// It is a [`Stream`], so the `StreamExt` and `TryStreamExt` of the `futures` crate work on it; [`Rows::next`] serves
/// without them. It holds one batch in memory, however many documents there are. The query is sent when the first
/// document is asked for, or earlier by awaiting the stream itself, which gives the same stream back.
///
/// ```no_run
/// use earnorm::prelude::*;
///
/// # #[derive(Serialize, Deserialize, Model)]
/// # struct User { #[serde(rename = "_id")] id: ObjectId, name: String }
/// # async fn run(db: mongodb::Database) -> earnorm::Result<()> {
/// let mut users = User::find_all().stream(&db);
/// while let Some(user) = users.next().await {
///     println!("{}", user?.name);
/// }
/// # Ok(()) }
/// ```
#[must_use = "a stream does nothing until it is polled"]
pub struct Rows<'e, T> {
    state: State<'e, T>,
    ready: VecDeque<Result<T>>,
}

enum State<'e, T> {
    /// A request is under way, or waits for its first poll.
    Waiting(BoxFuture<'e, Result<Option<Step<'e, T>>>>),
    Between(Box<dyn More<'e, T>>),
    Done,
}

/// The rows of one batch, and where the next comes from.
struct Step<'e, T> {
    rows: VecDeque<Result<T>>,
    rest: Option<Box<dyn More<'e, T>>>,
}

trait More<'e, T>: Send + 'e {
    fn more(self: Box<Self>) -> BoxFuture<'e, Result<Option<Step<'e, T>>>>;
}

/// The documents of a batch, or the batch itself where more was joined to them.
pub(crate) enum Batch<M> {
    Models(Vec<M>),
    Joined(RawBatch),
}

/// Makes rows of a batch: what is loaded with its documents is loaded for all of them at once.
pub(crate) type Finish<'e, M, T> = Box<dyn Fn(Batch<M>) -> BoxFuture<'e, Result<Vec<T>>> + Send + 'e>;

struct Fetch<'e, M, T> {
    exec: Exec<'e>,
    batches: Option<Batches<'e>>,
    /// What is read after that.
    finds: VecDeque<(Find, FindOptions)>,
    joined: bool,
    finish: Finish<'e, M, T>,
}

impl<T> fmt::Debug for Rows<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rows").field("ready", &self.ready.len()).finish_non_exhaustive()
    }
}

/// How many documents a stream holds at a time. The server's limit of 16 MiB a reply bounds it as well.
pub(crate) const STREAM_BATCH: u32 = 1_000;

/// What a stream reads: a command to send, or what is at hand already.
pub(crate) enum Request<M> {
    /// Some, one after the other.
    Finds(VecDeque<(Find, FindOptions)>),
    Joined(Box<Aggregate>),
    Here(Vec<M>),
}

impl<'e, T: Send + 'e> Rows<'e, T> {
    pub(crate) fn open<M: Model>(
        exec: Exec<'e>,
        request: impl Future<Output = Result<Request<M>>> + Send + 'e,
        finish: Finish<'e, M, T>,
    ) -> Self {
        let first = async move {
            match request.await? {
                Request::Here(models) => {
                    let rows = finish(Batch::Models(models)).await?.into_iter().map(Ok).collect();
                    Ok(Some(Step { rows, rest: None }))
                }
                Request::Finds(finds) => {
                    Box::new(Fetch { exec, batches: None, finds, joined: false, finish }).more().await
                }
                Request::Joined(mut aggregate) => {
                    aggregate.options.batch_size = Some(STREAM_BATCH);
                    let batches = Batches::aggregate(exec, *aggregate).await?;
                    let fetch = Fetch { exec, batches: Some(batches), finds: VecDeque::new(), joined: true, finish };
                    Box::new(fetch).more().await
                }
            }
        };
        Self { state: State::Waiting(Box::pin(first)), ready: VecDeque::new() }
    }
}

impl<M, T> Fetch<'_, M, T> {
    async fn next(&mut self) -> Result<Option<RawBatch>> {
        loop {
            if let Some(batches) = &mut self.batches
                && let Some(batch) = batches.next().await?
            {
                return Ok(Some(batch));
            }
            let Some((find, mut options)) = self.finds.pop_front() else {
                return Ok(None);
            };
            options.batch_size = Some(STREAM_BATCH);
            self.batches = Some(Batches::open(self.exec, find, options).await?);
        }
    }
}

impl<'e, M: Model, T: Send + 'e> More<'e, T> for Fetch<'e, M, T> {
    fn more(mut self: Box<Self>) -> BoxFuture<'e, Result<Option<Step<'e, T>>>> {
        Box::pin(async move {
            let Some(batch) = self.next().await? else {
                return Ok(None);
            };
            if self.joined {
                let rows = (self.finish)(Batch::Joined(batch)).await?.into_iter().map(Ok).collect();
                return Ok(Some(Step { rows, rest: Some(self) }));
            }
            let (mut models, mut failure) = (Vec::new(), None);
            visit(&batch, |document| {
                if failure.is_none() {
                    match decode::<M>(document) {
                        Ok(model) => models.push(model),
                        Err(error) => failure = Some(error),
                    }
                }
                Ok(())
            })?;
            drop(batch);
            let finished = (self.finish)(Batch::Models(models)).await?;
            let mut rows: VecDeque<Result<T>> = finished.into_iter().map(Ok).collect();
            let rest = failure.is_none().then_some(self as Box<dyn More<'e, T>>);
            rows.extend(failure.map(Err));
            Ok(Some(Step { rows, rest }))
        })
    }
}

impl<'e, T: Send + 'e> Rows<'e, T> {
    /// The next document; `None` behind the last, and behind an error. One command for every 1,000 documents.
    ///
    /// # Errors
    ///
    /// As an item, what [`Query::all`](crate::Query::all) would give. [`Error::Decode`] ends the stream too: documents
    /// behind the one that doesn't decode aren't seen.
    pub async fn next(&mut self) -> Option<Result<T>> {
        StreamExt::next(self).await
    }
}

impl<'e, T: Send + 'e> Stream for Rows<'e, T> {
    type Item = Result<T>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        loop {
            if let Some(row) = this.ready.pop_front() {
                return Poll::Ready(Some(row));
            }
            match std::mem::replace(&mut this.state, State::Done) {
                State::Done => return Poll::Ready(None),
                State::Between(fetch) => this.state = State::Waiting(fetch.more()),
                State::Waiting(mut request) => match request.as_mut().poll(cx) {
                    Poll::Pending => {
                        this.state = State::Waiting(request);
                        return Poll::Pending;
                    }
                    Poll::Ready(Err(error)) => return Poll::Ready(Some(Err(error))),
                    Poll::Ready(Ok(None)) => {}
                    Poll::Ready(Ok(Some(step))) => {
                        this.ready = step.rows;
                        if let Some(fetch) = step.rest {
                            this.state = State::Between(fetch);
                        }
                    }
                },
            }
        }
    }
}

impl<T> Unpin for Rows<'_, T> {}

impl<'e, T: Send + 'e> IntoFuture for Rows<'e, T> {
    type Output = Result<Self>;
    type IntoFuture = BoxFuture<'e, Result<Self>>;

    /// Sends the query now, so that its failure shows here and not with the first document.
    fn into_future(mut self) -> Self::IntoFuture {
        Box::pin(async move {
            match StreamExt::next(&mut self).await {
                Some(Ok(row)) => self.ready.push_front(Ok(row)),
                Some(Err(error)) => return Err(error),
                None => {}
            }
            Ok(self)
        })
    }
}
