//! The context in which the future of a call runs.

use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};
use std::time::Instant;

use futures_core::future::BoxFuture;

use super::call::Call;
use super::context::Context;

impl Call {
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
