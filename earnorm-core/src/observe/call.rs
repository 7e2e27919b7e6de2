//! A public call, and the context in which its future runs.

use std::panic::Location;
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};
use std::time::Instant;

use futures_core::future::BoxFuture;

use super::context::Context;
use super::source::Source;
use crate::schema::ModelMetadata;

/// A public call: what it does, and the line that makes it.
///
/// Each method that sends commands makes one, and runs its future with it. The method is `#[track_caller]`, so that the line
/// is that of the user.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Call {
    pub(super) location: &'static Location<'static>,
    pub(super) model: &'static str,
    pub(super) relation: Option<&'static str>,
    pub(super) operation: &'static str,
    /// The document whose relation it reads.
    pub(super) source: Option<Source>,
}

impl Call {
    /// A call on a model.
    #[track_caller]
    pub(crate) fn of(model: &'static ModelMetadata, operation: &'static str) -> Self {
        Self::named(model.name, operation)
    }

    /// A call that isn't one of a single model.
    #[track_caller]
    pub(crate) const fn named(model: &'static str, operation: &'static str) -> Self {
        Self { location: Location::caller(), model, relation: None, operation, source: None }
    }

    /// A call on a relation of a model or of an embedded document: one that writes, or that loads for many documents.
    #[track_caller]
    pub(crate) fn on(table: &'static ModelMetadata, relation: &'static str, operation: &'static str) -> Self {
        Self { relation: Some(relation), ..Self::of(table, operation) }
    }

    /// A call that reads a relation of one document.
    #[track_caller]
    pub(crate) fn reads(source: Source, operation: &'static str) -> Self {
        Self { source: Some(source), ..Self::on(source.table, source.relation, operation) }
    }

    /// Runs the future of the call. Commands that it sends belong to the call, unless the call is a part of another one.
    pub(crate) fn run<'e, T: 'e>(self, future: impl Future<Output = T> + Send + 'e) -> BoxFuture<'e, T> {
        self.run_boxed(Box::pin(future))
    }

    /// The same as [`run`](Self::run), for a future that is boxed already.
    pub(crate) fn run_boxed<'e, T: 'e>(self, future: BoxFuture<'e, T>) -> BoxFuture<'e, T> {
        Box::pin(Observed { progress: Progress::new(self), future })
    }
}

/// The future of a call.
struct Observed<'e, T> {
    progress: Progress,
    future: BoxFuture<'e, T>,
}

impl<T> Future for Observed<'_, T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<T> {
        let Self { progress, future } = &mut *self;
        let poll = progress.enter(|| future.as_mut().poll(cx));
        if poll.is_ready() {
            progress.pause();
        }
        poll
    }
}

/// A call that is running.
pub(crate) enum Progress {
    /// It was not polled yet. Whether somebody observes it is decided then, since a future can be made before.
    New(Call),
    /// Nobody observes it, or it is a part of another call.
    Unobserved,
    Observed(Box<Running>),
}

pub(crate) struct Running {
    context: Context,
    /// Since when it has been running without a pause.
    since: Option<Instant>,
}

impl Progress {
    pub(crate) fn new(call: Call) -> Self {
        Self::New(call)
    }

    /// Calls `poll` in the context of the call.
    pub(crate) fn enter<T>(&mut self, poll: impl FnOnce() -> T) -> T {
        if let Self::New(call) = self {
            *self = match Context::begin(call) {
                None => Self::Unobserved,
                Some(context) => Self::Observed(Box::new(Running { context, since: None })),
            };
        }
        match self {
            Self::New(_) | Self::Unobserved => poll(),
            Self::Observed(running) => {
                running.since.get_or_insert_with(Instant::now);
                running.context.enter(poll)
            }
        }
    }

    /// Adds the time since the first poll or since the last pause. A stream pauses between its batches.
    pub(crate) fn pause(&mut self) {
        if let Self::Observed(running) = self
            && let Some(since) = running.since.take()
        {
            running.context.took(since.elapsed());
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.pause();
    }
}
