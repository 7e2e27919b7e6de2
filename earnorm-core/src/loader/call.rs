//! A call of a loader, as a future.

use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::FutureExt;
use futures_util::future::{Shared, WeakShared};
use mongodb::Database;

use super::batch::{Answer, Groups, Place};
use super::on::RunsOn;
use super::state::{Loader, State};
use crate::{Error, Result};

/// A call of a [`Loader`]. Nothing is sent before it is polled.
///
/// All calls that wait for one command drive it together, so the command goes on if some of them are dropped.
#[must_use = "a loader loads nothing until its calls are awaited"]
pub struct Loading<V, O: RunsOn = Database> {
    stage: Stage<V, O>,
}

/// Places the call among those of the loader.
pub(super) type Request<V> = Box<dyn FnOnce(&mut Groups, &mut dyn FnMut(u64) -> bool) -> Place<V> + Send>;

enum Stage<V, O: RunsOn> {
    Begin(Loader<O>, Request<V>),
    Waiting(Shared<O::Command>, Answer<V>),
    Known(Result<V>),
    Done,
}

impl<V, O: RunsOn> Loading<V, O> {
    pub(super) fn known(value: Result<V>) -> Self {
        Self { stage: Stage::Known(value) }
    }

    pub(super) fn of(loader: &Loader<O>, request: Request<V>) -> Self {
        Self { stage: Stage::Begin(loader.clone(), request) }
    }
}

impl<V, O: RunsOn> Stage<V, O> {
    fn place(loader: &Loader<O>, request: Request<V>) -> Self {
        let mut state = loader.state();
        let State { groups, running } = &mut *state;
        // kept from here on, so that its last other caller can't drop it in the meantime
        let mut joined = None;
        let placed = request(groups, &mut |number| {
            joined = running.get(&number).and_then(WeakShared::upgrade);
            joined.is_some()
        });
        match (placed, joined) {
            (Place::Known(value), _) => Self::Known(value),
            (Place::Joined(answer), Some(command)) => Self::Waiting(command, answer),
            (Place::Joined(answer), None) => Self::Known(answer().unwrap_or_else(|| Err(lost()))),
            (Place::Opened(number, batch, answer), _) => {
                running.retain(|_, command| command.upgrade().is_some());
                let command = loader.on().command(batch).shared();
                running.extend(command.downgrade().map(|weak| (number, weak)));
                Self::Waiting(command, answer)
            }
        }
    }
}

fn lost() -> Error {
    Error::other("the command of a loader ended without an answer")
}

// nothing in it is pinned in place
impl<V, O: RunsOn> Unpin for Loading<V, O> {}

impl<V, O: RunsOn> Future for Loading<V, O> {
    type Output = Result<V>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<V>> {
        loop {
            match std::mem::replace(&mut self.stage, Stage::Done) {
                Stage::Begin(loader, request) => self.stage = Stage::place(&loader, request),
                Stage::Known(value) => return Poll::Ready(value),
                Stage::Waiting(mut command, answer) => {
                    if command.poll_unpin(cx).is_pending() {
                        self.stage = Stage::Waiting(command, answer);
                        return Poll::Pending;
                    }
                    return Poll::Ready(answer().unwrap_or_else(|| Err(lost())));
                }
                Stage::Done => return Poll::Ready(Err(Error::other("this call of a loader has already returned"))),
            }
        }
    }
}
