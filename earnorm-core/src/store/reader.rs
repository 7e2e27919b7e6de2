//! Decodes the documents of replies. Those of a large reply are decoded on all cores, outside the threads that run async
//! tasks: a reply of 16 MiB takes up to a second, during which other tasks would wait.

use std::collections::VecDeque;
use std::num::NonZero;
use std::ops::Range;
use std::panic;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::thread;

use mongodb::bson::RawDocument;
use mongodb::raw_batch_cursor::RawBatch;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;

use super::BoxFuture;
use super::keys::drive;
use super::pace::Pace;
use crate::{Error, Result};

/// A reply of the server. Several threads can read it.
pub(crate) type Batch = Arc<RawBatch>;

/// The size in bytes of what one thread decodes at once. It takes about a millisecond. Smaller replies are decoded by the
/// task itself.
const PIECE: usize = 128 << 10;

/// How many items are so many that work on them takes about a millisecond.
const MANY: usize = 10_000;

static CORES: LazyLock<usize> = LazyLock::new(|| thread::available_parallelism().map_or(1, NonZero::get));

/// A permit for each thread that decodes.
static THREADS: LazyLock<Semaphore> = LazyLock::new(|| Semaphore::new(*CORES));

/// A function that reads a document. Another thread may call it.
type Read<X> = dyn Fn(&RawDocument) -> Result<X> + Send + Sync;

/// Reads a document.
pub(crate) struct Reader<X> {
    read: Arc<Read<X>>,
    /// Copies what was read, if its type can be copied.
    copy: fn(&X) -> Option<X>,
}

impl<X> Clone for Reader<X> {
    fn clone(&self) -> Self {
        Self { read: Arc::clone(&self.read), copy: self.copy }
    }
}

impl<X> Reader<X> {
    pub(crate) fn new(read: impl Fn(&RawDocument) -> Result<X> + Send + Sync + 'static) -> Self {
        Self { read: Arc::new(read), copy: |_| None }
    }

    /// The same for documents that several results contain: each further one is a copy, if `copy` can make one.
    pub(crate) fn with_copies(self, copy: fn(&X) -> Option<X>) -> Self {
        Self { copy, ..self }
    }

    pub(crate) fn read(&self, document: &RawDocument) -> Result<X> {
        (self.read)(document)
    }

    /// Adds what the document contains, `times` times.
    fn add(&self, document: &RawDocument, times: usize, values: &mut Vec<X>) -> Result<()> {
        for time in 0..times {
            let copy = values.last().filter(|_| time > 0).and_then(self.copy);
            values.push(match copy {
                Some(copy) => copy,
                None => self.read(document)?,
            });
        }
        Ok(())
    }
}

/// The bytes of a document within a reply, and how often it is read.
type Choice = (Range<usize>, usize);

/// Documents of a reply that will be read.
#[derive(Default)]
pub(crate) struct Chosen {
    documents: Vec<Choice>,
    bytes: usize,
}

impl Chosen {
    /// Adds a document, which may be a part of another one. It will be read `times` times.
    pub(crate) fn add(&mut self, batch: &Batch, document: &RawDocument, times: usize) -> Result<()> {
        let (bytes, all) = (document.as_bytes(), batch.as_raw_document().as_bytes());
        let start = bytes.as_ptr().addr().checked_sub(all.as_ptr().addr());
        let range = start.map(|start| start..start.saturating_add(bytes.len())).filter(|range| range.end <= all.len());
        let range = range.ok_or_else(|| Error::other("the document isn't a part of the reply"))?;
        self.bytes = self.bytes.saturating_add(bytes.len());
        self.documents.push((range, times));
        Ok(())
    }

    /// Splits the documents into pieces of about [`PIECE`] bytes.
    fn pieces(self) -> VecDeque<Vec<Choice>> {
        let (mut pieces, mut piece, mut bytes) = (VecDeque::new(), Vec::new(), 0);
        for document in self.documents {
            bytes += document.0.len();
            piece.push(document);
            if bytes >= PIECE {
                pieces.push_back(std::mem::take(&mut piece));
                bytes = 0;
            }
        }
        if !piece.is_empty() {
            pieces.push_back(piece);
        }
        pieces
    }
}

/// Reads documents one after the other. After an error, `values` has what was read before.
fn read_piece<X>(batch: &Batch, piece: &[Choice], reader: &Reader<X>, values: &mut Vec<X>) -> Result<()> {
    let all = batch.as_raw_document().as_bytes();
    for (range, times) in piece {
        let bytes = all.get(range.clone()).unwrap_or_default();
        let document = RawDocument::from_bytes(bytes).map_err(mongodb::error::Error::from)?;
        reader.add(document, *times, values)?;
    }
    Ok(())
}

/// Adds what `reader` reads of these documents to `values`, in their order. After an error, `values` has what was read
/// before.
pub(crate) fn read_chosen<'a, X: Send + 'static>(
    batch: &'a Batch,
    chosen: Chosen,
    reader: &'a Reader<X>,
    values: &'a mut Vec<X>,
) -> BoxFuture<'a, Result<()>> {
    Box::pin(async move {
        let count = chosen.documents.iter().map(|(_, times)| times).sum();
        values.reserve(count);
        if chosen.bytes < PIECE || Handle::try_current().is_err() {
            return read_piece(batch, &chosen.documents, reader, values);
        }
        let read = |piece: Vec<Choice>| {
            let (batch, reader) = (Arc::clone(batch), reader.clone());
            move || {
                let mut values = Vec::with_capacity(piece.iter().map(|(_, times)| times).sum());
                let outcome = read_piece(&batch, &piece, &reader, &mut values);
                (values, outcome)
            }
        };
        for (mut read, outcome) in
            on_threads(chosen.pieces().into_iter().map(read), |(_, outcome)| outcome.is_ok()).await?
        {
            values.append(&mut read);
            outcome?;
        }
        Ok(())
    })
}

/// Runs work on so many items: if they are many, outside the threads that run async tasks.
pub(crate) async fn run_aside<T: Send + 'static>(items: usize, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    if items < MANY || Handle::try_current().is_err() {
        return Ok(work());
    }
    on_threads([work], |_| true).await?.pop().ok_or_else(stopped)
}

/// What some work returns, in order. It runs on threads that run no async tasks, as many as cores. After work whose result
/// isn't `fine`, no further work is begun.
async fn on_threads<T: Send + 'static, W: FnOnce() -> T + Send + 'static>(
    work: impl IntoIterator<Item = W>,
    fine: fn(&T) -> bool,
) -> Result<Vec<T>> {
    let (mut jobs, mut slots) = (Vec::new(), Vec::new());
    for work in work {
        let slot = Arc::new(Mutex::new(None));
        slots.push(Arc::clone(&slot));
        jobs.push(on_a_thread(Box::new(move || {
            let result = work();
            let is_fine = fine(&result);
            *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(result);
            is_fine
        })));
    }
    drive(jobs, *CORES).await;
    let mut results = Vec::with_capacity(slots.len());
    for slot in slots {
        match slot.lock().unwrap_or_else(PoisonError::into_inner).take() {
            Some(result) => results.push(result),
            None if results.iter().all(fine) => return Err(stopped()),
            None => break,
        }
    }
    Ok(results)
}

/// Runs a job, which returns whether further ones may begin, on a thread that runs no async tasks. There are as many of them
/// as cores. Returns `false` without a result of the job if the runtime is shutting down.
async fn on_a_thread(job: Box<dyn FnOnce() -> bool + Send>) -> bool {
    let Ok(permit) = THREADS.acquire().await else { return false };
    let job = move || {
        let is_fine = job();
        drop(permit);
        is_fine
    };
    match tokio::task::spawn_blocking(job).await {
        Ok(is_fine) => is_fine,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => panic::resume_unwind(panic),
            Err(_) => false,
        },
    }
}

fn stopped() -> Error {
    Error::other("the runtime is shutting down")
}

/// Calls `each` with every document of a batch.
pub(crate) async fn visit<'b>(batch: &'b Batch, mut each: impl FnMut(&'b RawDocument) -> Result<()>) -> Result<()> {
    let mut pace = Pace::new();
    for value in batch.doc_slices()? {
        let value = value.map_err(mongodb::error::Error::from)?;
        if let Some(document) = value.as_document() {
            each(document)?;
        }
        if pace.is_due() {
            pace.rest().await;
        }
    }
    Ok(())
}

/// Adds what `reader` reads of all documents of a batch to `values`.
pub(super) async fn read_batch<X: Send + 'static>(
    batch: &Batch,
    reader: &Reader<X>,
    values: &mut Vec<X>,
) -> Result<()> {
    let mut chosen = Chosen::default();
    visit(batch, |document| chosen.add(batch, document, 1)).await?;
    read_chosen(batch, chosen, reader, values).await
}
