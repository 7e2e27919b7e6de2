//! Streams of documents.

use std::collections::VecDeque;
use std::fmt;
use std::future::IntoFuture;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;
use futures_core::future::BoxFuture;
use futures_util::StreamExt;
use mongodb::options::FindOptions;

use super::Exec;
use super::batches::{Aggregate, Batches};
use super::find::Find;
use super::reader::{Batch, Reader, read_batch};
use crate::Result;
use crate::observe::{Call, Progress};

/// A stream of the documents of a query, returned by `stream`.
///
/// It implements [`Stream`], so `StreamExt` and `TryStreamExt` of the `futures` crate work on it. [`Rows::next`] needs
/// neither. It holds one batch of documents in memory.
///
/// The query is sent when the first document is requested. To send it earlier, await the stream itself, which returns the
/// same stream.
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
    progress: Progress,
}

enum State<'e, T> {
    /// A fetch is running, or waits for its first poll.
    Fetching(BoxFuture<'e, Result<Option<BatchRows<'e, T>>>>),
    /// The next batch can be fetched.
    Idle(Box<dyn BatchSource<'e, T>>),
    Done,
}

/// The rows of one batch, and the source of the next batch.
struct BatchRows<'e, T> {
    rows: VecDeque<Result<T>>,
    rest: Option<Box<dyn BatchSource<'e, T>>>,
}

/// A source of batches, without the type of the model.
trait BatchSource<'e, T>: Send + 'e {
    fn next_batch(self: Box<Self>) -> BoxFuture<'e, Result<Option<BatchRows<'e, T>>>>;
}

/// The documents of a batch: what was read of them, or as raw documents if relations are joined to them.
pub(crate) enum StreamBatch<X> {
    Read(Vec<X>),
    Joined(Batch),
}

/// Makes rows from a batch. It loads related documents for the whole batch at once.
pub(crate) type Finish<'e, X, T> = Box<dyn Fn(StreamBatch<X>) -> BoxFuture<'e, Result<Vec<T>>> + Send + 'e>;

struct QueryBatches<'e, X, T> {
    exec: Exec<'e>,
    batches: Option<Batches<'e>>,
    /// The queries to send after `batches`.
    finds: VecDeque<(Find, FindOptions)>,
    joined: bool,
    reader: Reader<X>,
    finish: Finish<'e, X, T>,
}

impl<T> fmt::Debug for Rows<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rows").field("ready", &self.ready.len()).finish_non_exhaustive()
    }
}

/// The largest number of documents in a batch of a stream. A reply has at most 16 MiB, so a batch may be smaller.
pub(crate) const STREAM_BATCH: u32 = 1_000;

/// The source of a stream's documents.
pub(crate) enum Request<X> {
    /// Queries to send one after the other.
    Finds(VecDeque<(Find, FindOptions)>),
    /// A pipeline that joins relations.
    Joined(Box<Aggregate>),
    /// Documents that were read already.
    Read(Vec<X>),
}

impl<'e, T: Send + 'e> Rows<'e, T> {
    pub(crate) fn open<X: Send + 'static>(
        call: Call,
        exec: Exec<'e>,
        request: impl Future<Output = Result<Request<X>>> + Send + 'e,
        reader: Reader<X>,
        finish: Finish<'e, X, T>,
    ) -> Self {
        let first = async move {
            match request.await? {
                Request::Read(documents) => {
                    let rows = finish(StreamBatch::Read(documents)).await?.into_iter().map(Ok).collect();
                    Ok(Some(BatchRows { rows, rest: None }))
                }
                Request::Finds(finds) => {
                    Box::new(QueryBatches { exec, batches: None, finds, joined: false, reader, finish })
                        .next_batch()
                        .await
                }
                Request::Joined(mut aggregate) => {
                    aggregate.options.batch_size = Some(STREAM_BATCH);
                    let batches = Batches::aggregate(exec, *aggregate).await?;
                    let (batches, finds) = (Some(batches), VecDeque::new());
                    let source = QueryBatches { exec, batches, finds, joined: true, reader, finish };
                    Box::new(source).next_batch().await
                }
            }
        };
        Self { state: State::Fetching(Box::pin(first)), ready: VecDeque::new(), progress: Progress::new(call) }
    }
}

impl<X, T> QueryBatches<'_, X, T> {
    async fn next(&mut self) -> Result<Option<Batch>> {
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

impl<'e, X: Send + 'static, T: Send + 'e> BatchSource<'e, T> for QueryBatches<'e, X, T> {
    fn next_batch(mut self: Box<Self>) -> BoxFuture<'e, Result<Option<BatchRows<'e, T>>>> {
        Box::pin(async move {
            let Some(batch) = self.next().await? else {
                return Ok(None);
            };
            if self.joined {
                let rows = (self.finish)(StreamBatch::Joined(batch)).await?.into_iter().map(Ok).collect();
                return Ok(Some(BatchRows { rows, rest: Some(self) }));
            }
            let mut documents = Vec::new();
            // the documents before a failure are rows too
            let failure = read_batch(&batch, &self.reader, &mut documents).await.err();
            drop(batch);
            let finished = (self.finish)(StreamBatch::Read(documents)).await?;
            let mut rows: VecDeque<Result<T>> = finished.into_iter().map(Ok).collect();
            let rest = failure.is_none().then_some(self as Box<dyn BatchSource<'e, T>>);
            rows.extend(failure.map(Err));
            Ok(Some(BatchRows { rows, rest }))
        })
    }
}

impl<'e, T: Send + 'e> Rows<'e, T> {
    /// The next document. Returns `None` after the last document and after an error.
    ///
    /// Sends one command for every 1,000 documents.
    ///
    /// # Errors
    ///
    /// An item is an error if [`Query::all`](crate::Query::all) would return it. The stream ends after an error. If a
    /// document doesn't decode, the documents after it are not returned.
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
                State::Idle(source) => this.state = State::Fetching(source.next_batch()),
                State::Fetching(mut fetch) => {
                    let Poll::Ready(batch) = this.progress.enter(|| fetch.as_mut().poll(cx)) else {
                        this.state = State::Fetching(fetch);
                        return Poll::Pending;
                    };
                    this.progress.pause();
                    match batch {
                        Err(error) => return Poll::Ready(Some(Err(error))),
                        Ok(None) => {}
                        Ok(Some(batch)) => {
                            this.ready = batch.rows;
                            if let Some(source) = batch.rest {
                                this.state = State::Idle(source);
                            }
                        }
                    }
                }
            }
        }
    }
}

impl<T> Unpin for Rows<'_, T> {}

impl<'e, T: Send + 'e> IntoFuture for Rows<'e, T> {
    type Output = Result<Self>;
    type IntoFuture = BoxFuture<'e, Result<Self>>;

    /// Sends the query now. An error is returned here instead of as the first item.
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
