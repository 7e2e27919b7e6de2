//! A transaction that is under way, and what is remembered of its commands.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex as Lock, MutexGuard as LockGuard, PoisonError};
use std::time::Duration;

use mongodb::error::TRANSIENT_TRANSACTION_ERROR;
use mongodb::{ClientSession, Database};
use tokio::runtime::Handle;
use tokio::sync::{Mutex, MutexGuard};
use tokio::time::Instant;

use super::super::debug::number_after;
use super::super::pool::{self, Turn};
use super::ending::{FirstCommand, Session, abort, commit, give_up, is_disconnected, touch};
use crate::error::codes::{NO_SUCH_TRANSACTION, NO_TRANSACTIONS, codes, has_code};
use crate::error::{EndedTransaction, is_unreachable};
use crate::schema::models;
use crate::{Error, Result};

/// A transaction that is under way: what [`transaction`](crate::transaction()) lends to its body.
///
/// Steps that are awaited side by side queue: a session takes one command at a time.
pub struct Transaction {
    database: Database,
    session: Session,
    state: Lock<State>,
    runtime: Handle,
    /// Until its commit or its abort is over.
    turn: Option<Turn>,
}

/// What is known of a transaction beside the driver's session, which doesn't tell.
#[derive(Default)]
#[allow(clippy::struct_excessive_bools, reason = "each is known or not, whatever the others are")]
struct State {
    /// A command has been sent, or the session was lent, which may have sent one.
    begun: bool,
    /// The driver has seen the outcome of a command, so it knows that the transaction has begun.
    settled: bool,
    /// The server has carried out a command.
    worked: bool,
    /// The session was lent since it was looked at last, at this number of a transaction.
    lent: bool,
    was_lent: bool,
    number: Option<u64>,
    /// Why it can't be committed.
    over: Option<&'static str>,
    /// The first command that failed, which on the server ends the transaction.
    failure: Option<Failure>,
    /// Commit or abort have begun.
    ending: bool,
}

struct Failure {
    error: Error,
    transient: bool,
    /// What the driver said.
    source: mongodb::error::Error,
}

/// A transaction that can't be committed.
pub(super) struct Broken<E> {
    pub(super) error: E,
    pub(super) cause: Cause,
}

/// What is known of the reason.
#[derive(Default)]
#[allow(clippy::struct_excessive_bools, reason = "each is known or not, whatever the others are")]
pub(super) struct Cause {
    /// Another attempt may succeed.
    pub(super) transient: bool,
    /// The server says that it has no transactions.
    pub(super) no_transactions: bool,
    pub(super) disconnected: bool,
    /// It may be a command on the lent session, whose outcome only the body knows.
    pub(super) unseen: bool,
    /// The error of the command that failed, if that isn't seen in the body's.
    pub(super) said: Option<Error>,
}

impl From<&Error> for Cause {
    fn from(error: &Error) -> Self {
        Self {
            transient: error.is_transient(),
            no_transactions: error.has_code(NO_TRANSACTIONS),
            disconnected: error.driver().is_some_and(is_disconnected),
            ..Self::default()
        }
    }
}

/// How long an abort is waited for after a connection was lost.
const ABORT_PATIENCE: Duration = Duration::from_millis(100);

const ENDED_BY_HAND: &str = "a call on the session that it lent has committed or aborted it";
const DROPPED: &str = "a step was dropped before the server had answered it";

/// The body of a transaction has caught the error of a command on the lent session, as far as can be told.
pub(super) const GONE: &str =
    "the server had aborted it each time; a command on the session that it lent must have failed";

const FAILED: &str = "a command of it had failed before, which ends it";

impl fmt::Debug for Transaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transaction").field("database", &self.database.name()).finish_non_exhaustive()
    }
}

impl Transaction {
    /// The driver's session, for calls of your own in this transaction. Steps of the transaction wait until it is
    /// given back, so drop it before the next one.
    ///
    /// Leave commit and abort to [`transaction`](crate::transaction()). If the session has committed, aborted or begun a
    /// transaction when it is given back, further steps fail with [`Error::TransactionEnded`], and so does the whole. The
    /// writes before such an abort are undone; those before such a commit are stored. Commands that are sent on the same
    /// loan after it run outside of any transaction: the driver has it so, and EarnORM doesn't see them.
    ///
    /// A command that fails ends the transaction on the server. EarnORM sees the failures of its own steps, and not those
    /// of calls on this session, so give their errors back with `?`. A body that catches one is run three times, and then
    /// fails with [`Error::TransactionEnded`].
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
        let mut session = self.session.lock().await;
        self.look(&mut session).await;
        let mut state = self.state();
        if !state.lent {
            state.number = number_of(&session);
        }
        (state.lent, state.was_lent, state.begun) = (true, true, true);
        drop(state);
        session
    }

    /// The database in which it runs.
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// Begins one, on this session or on a new one.
    pub(super) async fn begin(database: &Database, session: Option<Session>, urgent: bool) -> Result<Self> {
        let runtime = Handle::try_current().map_err(Error::other)?;
        let session = if let Some(session) = session {
            session
        } else {
            // an attempt needn't wait until it can see what the one before has seen: that is undone
            let session = database.client().start_session().causal_consistency(false).await?;
            Arc::new(Mutex::new(session))
        };
        let turn = pool::transaction(database, urgent).await;
        session.lock().await.start_transaction().await?;
        Ok(Self { database: database.clone(), session, state: Lock::default(), runtime, turn: Some(turn) })
    }

    fn state(&self) -> LockGuard<'_, State> {
        // nothing panics while it is held
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Finds out whether a lent session came back in another transaction, or in none.
    async fn look(&self, session: &mut ClientSession) {
        let (lent, number) = {
            let mut state = self.state();
            (std::mem::take(&mut state.lent), state.number)
        };
        if !lent {
            return;
        }
        // Refused by the driver, without a command, while there is a transaction. Where there is none it begins one, in
        // which all that is still done on this session is undone in the end.
        let ended = session.start_transaction().await.is_ok();
        if ended || number_of(session) != number {
            let mut state = self.state();
            state.over = Some(ENDED_BY_HAND);
            if ended {
                // nothing has been sent in the one that takes its place
                (state.begun, state.settled) = (false, false);
            }
        }
    }

    /// The session for one command.
    pub(in super::super) async fn step(&self, access: Access) -> mongodb::error::Result<Step<'_>> {
        let mut session = self.session.lock().await;
        self.look(&mut session).await;
        let mut state = self.state();
        if let Some(reason) = state.over {
            return Err(EndedTransaction { reason, source: None }.into());
        }
        // after a transient failure, the server's answer says to the caller that it may try again
        if let Some(failure) = state.failure.as_ref().filter(|failure| !failure.transient) {
            return Err(EndedTransaction { reason: FAILED, source: Some(failure.source.clone()) }.into());
        }
        state.begun = true;
        drop(state);
        Ok(Step { session, tx: self, access, under_way: true })
    }

    /// Whether the server has carried out any command of it.
    pub(super) fn worked(&self) -> bool {
        self.state().worked
    }

    pub(super) fn was_lent(&self) -> bool {
        self.state().was_lent
    }

    /// Whether the server has ended it, as it does when a command on the lent session fails.
    pub(super) async fn is_gone(&self) -> bool {
        let answer = touch(&mut *self.session.lock().await, &self.database).await;
        answer.is_err_and(|error| has_code(&error, &[NO_SUCH_TRANSACTION]))
    }

    /// What the transaction comes to, by what its body gave and by what it went through. `seen` is what can be seen of a
    /// body's error.
    pub(super) async fn outcome<R, E: From<Error>>(
        &self,
        given: Result<R, E>,
        seen: fn(&E) -> Option<&Error>,
    ) -> Result<R, Broken<E>> {
        self.look(&mut *self.session.lock().await).await;
        let mut state = self.state();
        let (failure, over, lent) = (state.failure.take(), state.over, state.was_lent);
        drop(state);
        let broken = |error: Error| Broken { cause: Cause::from(&error), error: error.into() };
        match (given, failure, over) {
            (Ok(_), Some(failure), _) => Err(broken(failure.error)),
            (Ok(_), None, Some(reason)) => Err(broken(Error::TransactionEnded { reason, source: None })),
            (Ok(value), None, None) => Ok(value),
            (Err(error), failure, _) => {
                let cause = match (seen(&error), failure) {
                    // a step after the failure: what it met is the end of the transaction, and not the reason of it
                    (Some(met), Some(failure)) if !failure.transient && (met.is_transient() || met.is_ended()) => {
                        return Err(broken(failure.error));
                    }
                    (Some(met), _) => Cause::from(met),
                    (None, Some(failure)) => {
                        let cause = Cause::from(&failure.error);
                        Cause { said: Some(failure.error), ..cause }
                    }
                    (None, None) => Cause { unseen: lent, ..Cause::default() },
                };
                Err(Broken { error, cause })
            }
        }
    }

    /// Commits, however long its caller waits for that.
    pub(super) async fn commit(mut self, begun: Instant) -> (Result<()>, Session) {
        let session = Arc::clone(&self.session);
        let (turn, task) = (self.end(), commit(Arc::clone(&session), begun));
        let (runtime, unclear) = (self.runtime.clone(), give_up(Arc::clone(&session), self.database.clone()));
        let done = self.runtime.spawn(async move {
            let outcome = task.await;
            if outcome.as_ref().is_err_and(|error| !error.contains_label(TRANSIENT_TRANSACTION_ERROR)) {
                runtime.spawn(unclear);
            }
            drop(turn);
            outcome
        });
        let outcome = match done.await {
            Ok(outcome) => outcome.map_err(Error::from),
            Err(error) => Err(Error::other(error)),
        };
        (outcome, session)
    }

    /// Aborts. Gives the session back, unless the server seems to be gone: then the abort would take as long as the driver
    /// looks for one.
    pub(super) async fn abort(mut self, disconnected: bool) -> Option<Session> {
        let session = Arc::clone(&self.session);
        let done = self.abort_on_its_own();
        if disconnected {
            // where there is a server after all, the next attempt had better not meet what this one has written
            let aborted = tokio::time::timeout(ABORT_PATIENCE, done).await;
            return aborted.ok()?.ok().map(|()| session);
        }
        done.await.ok().map(|()| session)
    }

    fn abort_on_its_own(&mut self) -> tokio::task::JoinHandle<()> {
        let state = self.state();
        let lost = state.begun && !state.settled;
        drop(state);
        let first = if lost { FirstCommand::InFlight } else { FirstCommand::Settled };
        let (session, database) = (Arc::clone(&self.session), self.database.clone());
        let turn = self.end();
        self.runtime.spawn(async move {
            abort(session, database, first).await;
            drop(turn);
        })
    }

    fn end(&mut self) -> Option<Turn> {
        self.state().ending = true;
        self.turn.take()
    }
}

impl Drop for Transaction {
    /// A body that was dropped.
    fn drop(&mut self) {
        if !self.state().ending {
            drop(self.abort_on_its_own());
        }
    }
}

/// The session while one command runs in it.
pub(in super::super) struct Step<'t> {
    session: MutexGuard<'t, ClientSession>,
    tx: &'t Transaction,
    access: Access,
    under_way: bool,
}

/// What a command does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Access {
    Read,
    Write,
}

impl Step<'_> {
    /// Remembers how the command went. `failed` says what its error is to the caller of the transaction.
    pub(in super::super) async fn done<T>(
        mut self,
        outcome: &mongodb::error::Result<T>,
        failed: impl FnOnce(&mongodb::error::Error) -> Error,
    ) {
        self.under_way = false;
        let Err(error) = outcome else {
            let mut state = self.tx.state();
            (state.settled, state.worked) = (true, true);
            return;
        };
        let transient = error.contains_label(TRANSIENT_TRANSACTION_ERROR) && !is_unreachable(error);
        if !codes(error).is_empty() || error.contains_label(TRANSIENT_TRANSACTION_ERROR) {
            let mut state = self.tx.state();
            state.settled = true;
            state.failure.get_or_insert_with(|| Failure { error: failed(error), transient, source: error.clone() });
        } else if !std::mem::replace(&mut self.tx.state().settled, true) {
            // It never reached the server, but the driver now believes that the transaction has begun, and would send what
            // follows as its continuation. Nothing was done in it, so another takes its place.
            let _ = self.session.abort_transaction().await;
            if let Err(error) = self.session.start_transaction().await {
                let source = error.clone();
                self.tx.state().failure = Some(Failure { error: error.into(), transient: false, source });
            }
            self.tx.state().settled = false;
        }
    }
}

impl Drop for Step<'_> {
    fn drop(&mut self) {
        let mut state = self.tx.state();
        // a read that nobody waits for does no harm, unless it is what begins the transaction
        if self.under_way && (self.access == Access::Write || !state.settled) {
            state.over.get_or_insert(DROPPED);
        }
    }
}

impl Deref for Step<'_> {
    type Target = ClientSession;

    fn deref(&self) -> &ClientSession {
        &self.session
    }
}

impl DerefMut for Step<'_> {
    fn deref_mut(&mut self) -> &mut ClientSession {
        &mut self.session
    }
}

/// The number that the driver has given to the transaction, which only its `Debug` tells.
fn number_of(session: &ClientSession) -> Option<u64> {
    number_after(session, "txn_number: ")
}

/// An error of a write to a collection, with a duplicate key told apart.
pub(in super::super) fn written(collection: &str) -> impl FnOnce(&mongodb::error::Error) -> Error + '_ {
    move |error| {
        let model = models().find(|model| model.collection == collection);
        Error::write_to(model.map_or("", |model| model.name), error.clone())
    }
}
