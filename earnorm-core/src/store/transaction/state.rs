//! A running transaction, and the state that the driver's session doesn't expose.

use std::borrow::Borrow;
use std::fmt;
use std::sync::{Mutex as Lock, MutexGuard as LockGuard, PoisonError};
use std::time::Duration;

use futures_core::future::BoxFuture;
use mongodb::error::TRANSIENT_TRANSACTION_ERROR;
use mongodb::{ClientSession, Database};
use tokio::runtime::Handle;
use tokio::sync::MutexGuard;
use tokio::time::Instant;

use super::super::debug::number_after;
use super::super::pool::{self, Permit};
use super::ending::{FirstCommand, Session, abort, commit, give_up, touch};
use crate::error::codes::{NO_SUCH_TRANSACTION, has_code};
use crate::observe::{Command, carry};
use crate::{Error, Result};

/// A running transaction, which [`transaction`](crate::transaction()) lends to its body.
///
/// A session runs one command at a time. Commands that are awaited concurrently wait for each other.
pub struct Transaction(Box<dyn Borrow<Running> + Send + Sync>);

/// What a transaction consists of. [`Transaction`] hides it, like [`Exec`](crate::store::Exec) hides a database.
struct Running {
    database: Database,
    session: Session,
    state: Lock<State>,
    runtime: Handle,
}

/// The state of a transaction that the driver's session doesn't expose.
#[derive(Default)]
#[allow(clippy::struct_excessive_bools, reason = "each is known or not, whatever the others are")]
pub(super) struct State {
    /// Whether a command may have been sent: by a call, or on the lent session.
    pub(super) begun: bool,
    /// Whether the driver has seen the outcome of a command. It then knows that the transaction has begun.
    pub(super) settled: bool,
    /// Whether a command has succeeded.
    pub(super) succeeded: bool,
    /// Whether the session was lent since the last check.
    lent: bool,
    /// Whether the session was ever lent.
    pub(super) was_lent: bool,
    /// The transaction number when the session was lent.
    number: Option<u64>,
    /// The reason if the transaction can't be committed.
    pub(super) ended: Option<&'static str>,
    /// The first command that failed, which ended the transaction on the server.
    pub(super) failure: Option<Failure>,
    /// Whether the commit or the abort has begun.
    ending: bool,
    /// Kept until the commit or the abort is complete.
    permit: Option<Permit>,
}

pub(super) struct Failure {
    pub(super) error: Error,
    pub(super) transient: bool,
    /// The driver's error.
    pub(super) source: mongodb::error::Error,
}

/// How long to wait for an abort after the connection was lost.
const ABORT_PATIENCE: Duration = Duration::from_millis(100);

const ENDED_BY_HAND: &str = "a call on the lent session has committed or aborted it";

impl fmt::Debug for Transaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transaction").field("database", &self.database().name()).finish_non_exhaustive()
    }
}

impl Transaction {
    /// The driver's session, for your own calls of the driver in this transaction.
    ///
    /// Drop it before the next call of EarnORM, which waits for it.
    ///
    /// Don't commit or abort on the session: [`transaction`](crate::transaction()) does. If the session has committed,
    /// aborted or begun a transaction, later calls and the transaction itself fail with [`Error::TransactionEnded`]. The
    /// writes before your abort are undone, and those before your commit are stored. Commands that you send on the session
    /// after that run outside of a transaction.
    ///
    /// A command that fails ends the transaction on the server. EarnORM doesn't see the errors of your calls, so return
    /// them with `?`. If a body handles such an error and returns `Ok`, it runs three times, and then fails with
    /// [`Error::TransactionEnded`].
    ///
    /// ```no_run
    /// # use earnorm::prelude::*;
    /// # async fn run(tx: &Transaction) -> earnorm::Result<()> {
    /// let mut session = tx.session().await;
    /// let log = tx.database().collection::<mongodb::bson::Document>("log");
    /// log.insert_one(doc! { "event": "sale" }).session(&mut *session).await?;
    /// # Ok(()) }
    /// ```
    pub async fn session(&self) -> MutexGuard<'_, ClientSession> {
        let mut session = self.lock().await;
        self.check_lent_session(&mut session).await;
        let mut state = self.state();
        if !state.lent {
            state.number = number_of(&session);
        }
        (state.lent, state.was_lent, state.begun) = (true, true, true);
        drop(state);
        session
    }

    /// The database of the transaction.
    pub fn database(&self) -> &Database {
        &self.running().database
    }

    fn running(&self) -> &Running {
        (*self.0).borrow()
    }

    pub(super) async fn lock(&self) -> MutexGuard<'_, ClientSession> {
        self.running().session.lock().await
    }

    /// Begins a transaction, on the given session or on a new one.
    pub(super) fn begin(database: &Database, session: Option<Session>, urgent: bool) -> BoxFuture<'_, Result<Self>> {
        Box::pin(async move {
            let runtime = Handle::try_current().map_err(Error::other)?;
            let session = if let Some(session) = session {
                session
            } else {
                // not causally consistent: an attempt needn't see the writes of the one before, which were undone
                let session = database.client().start_session().causal_consistency(false).await?;
                Session::new(session)
            };
            let permit = pool::transaction(database, urgent).await;
            session.lock().await.start_transaction().await?;
            let state = Lock::new(State { permit: Some(permit), ..State::default() });
            Ok(Self(Box::new(Running { database: database.clone(), session, state, runtime })))
        })
    }

    pub(super) fn state(&self) -> LockGuard<'_, State> {
        // no code panics while it holds the lock
        self.running().state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Checks whether calls on the lent session have ended this transaction, after the last command.
    pub(super) fn check(&self) -> BoxFuture<'_, ()> {
        Box::pin(async move { self.check_lent_session(&mut *self.lock().await).await })
    }

    /// Checks whether calls on the lent session have ended this transaction.
    pub(super) async fn check_lent_session(&self, session: &mut ClientSession) {
        let (lent, number) = {
            let mut state = self.state();
            (std::mem::take(&mut state.lent), state.number)
        };
        if !lent {
            return;
        }
        // The driver refuses this without a command while the session has a transaction. If it has none, this begins one,
        // so that later commands on this session are undone too.
        let ended = session.start_transaction().await.is_ok();
        if ended || number_of(session) != number {
            let mut state = self.state();
            state.ended = Some(ENDED_BY_HAND);
            if ended {
                // the new transaction has no command yet
                (state.begun, state.settled) = (false, false);
            }
        }
    }

    /// Whether a command of the transaction has succeeded.
    pub(super) fn has_succeeded(&self) -> bool {
        self.state().succeeded
    }

    pub(super) fn was_lent(&self) -> bool {
        self.state().was_lent
    }

    /// Whether the server has ended the transaction. It does if a command on the lent session fails. Sends one command.
    pub(super) fn is_gone(&self) -> BoxFuture<'_, bool> {
        Box::pin(async move {
            let reply = touch(&mut *self.lock().await, self.database()).await;
            reply.is_err_and(|error| has_code(&error, &[NO_SUCH_TRANSACTION]))
        })
    }

    /// Commits. The commit continues if the caller is dropped.
    pub(super) fn commit(self, begun: Instant) -> BoxFuture<'static, (Result<()>, Session)> {
        Box::pin(async move {
            let Running { database, session, runtime, .. } = self.running();
            let has_begun = self.state().begun;
            let (permit, task) = (self.end(), carry(commit(session.clone(), begun, has_begun)));
            let clean_up = give_up(session.clone(), database.clone());
            let then = runtime.clone();
            let done = runtime.spawn(async move {
                let outcome = task.await;
                if outcome.as_ref().is_err_and(|error| !error.contains_label(TRANSIENT_TRANSACTION_ERROR)) {
                    then.spawn(clean_up);
                }
                drop(permit);
                outcome
            });
            let outcome = match done.await {
                Ok(outcome) => outcome.map_err(Error::from),
                Err(error) => Err(Error::other(error)),
            };
            (outcome, session.clone())
        })
    }

    /// Aborts, and returns the session. Returns `None` if the connection was lost and the abort takes long, because the
    /// driver then waits for a server.
    pub(super) fn abort(self, disconnected: bool) -> BoxFuture<'static, Option<Session>> {
        Box::pin(async move {
            let session = self.running().session.clone();
            let done = self.spawn_abort();
            if disconnected {
                // if the server still runs, the next attempt would conflict with the writes of this one
                let aborted = tokio::time::timeout(ABORT_PATIENCE, done).await;
                return aborted.ok()?.ok().map(|()| session);
            }
            done.await.ok().map(|()| session)
        })
    }

    fn spawn_abort(&self) -> tokio::task::JoinHandle<()> {
        let Running { database, session, runtime, .. } = self.running();
        let state = self.state();
        let has_begun = state.begun;
        let lost = has_begun && !state.settled;
        drop(state);
        let first = if lost { FirstCommand::InFlight } else { FirstCommand::Settled };
        let (session, database) = (session.clone(), database.clone());
        let permit = self.end();
        let abort = carry(async move {
            if has_begun {
                // without a command, the driver sends nothing
                Command::new("abortTransaction", "").sent();
            }
            abort(session, database, first).await;
        });
        runtime.spawn(async move {
            abort.await;
            drop(permit);
        })
    }

    fn end(&self) -> Option<Permit> {
        let mut state = self.state();
        state.ending = true;
        state.permit.take()
    }
}

impl Drop for Transaction {
    /// Aborts the transaction if its body was dropped.
    fn drop(&mut self) {
        if !self.state().ending {
            drop(self.spawn_abort());
        }
    }
}

/// The driver's number of the transaction. Only its `Debug` output has it.
fn number_of(session: &ClientSession) -> Option<u64> {
    number_after(session, "txn_number: ")
}
