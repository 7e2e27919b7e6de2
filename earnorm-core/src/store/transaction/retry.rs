//! The retry loop of a transaction.

use std::time::Duration;

use futures_core::future::BoxFuture;
use mongodb::Database;
use tokio::time::Instant;

use super::super::executor::{Exec, Executor};
use super::super::pool;
use super::body::TransactionBody;
use super::ending::{RETRY_FOR, pause};
use super::outcome::{FailedBody, GONE};
use super::state::Transaction;
use crate::error::codes::NO_SUCH_TRANSACTION;
use crate::observe::Call;
use crate::{Error, Result};

/// When a transaction has been retried for this time, it becomes urgent: others wait for it.
const URGENT_AFTER: Duration = Duration::from_secs(1);

/// An urgent transaction pauses no longer than before this attempt.
const URGENT_PAUSE: i32 = 4;

/// How often a body runs if its session was lent and the server has aborted the transaction each time.
const LENT_ATTEMPTS: u32 = 3;

/// Runs `body` in a transaction: commits when it returns `Ok`, aborts when it returns `Err`.
///
/// Sends one command in addition to those of the body: the commit or the abort.
///
/// # Retries
///
/// If the body fails because of a transient error, such as a write conflict or a lost primary, it runs again, for up to two
/// minutes. Its other side effects must allow that. If the driver finds no server, the body doesn't run again, because the
/// driver has already waited for one. If the reply to a commit is lost, only the commit is retried, with pauses that grow
/// from 5 to 500 ms. Your own error, made by [`Error::other`], aborts the transaction and is returned unchanged.
///
/// A command that fails ends the transaction on the server, so a body can't handle its error and continue. If it does and
/// returns `Ok`, or if a later command fails because the transaction has ended, the error of the first failed command is
/// returned, and the body doesn't run again. An error that didn't reach the server and a document that doesn't decode
/// don't end the transaction.
///
/// # Cancellation
///
/// If the future is dropped while the body runs, a separate task aborts the transaction: nothing is stored, and no lock
/// remains. If it is dropped after the body has returned, the commit continues, and the caller doesn't learn its outcome.
/// If the body drops a write before the server replied, in a `timeout` or a `select!`, the outcome of that write is
/// unknown, and the transaction ends with [`Error::TransactionEnded`].
///
/// # Body
///
/// Write the body as `async |tx| { .. }`, and not as `|tx| async move { .. }`. Each attempt runs a clone of it, so it can't
/// change a variable that it borrows (the compiler says that `Clone` is not implemented for the reference). With
/// `async move |tx| { .. }`, each attempt begins with a copy of the captured values. Return what the caller needs.
///
/// In the body, `?` accepts errors of EarnORM and of the driver. For other errors, use [`try_transaction`], or write
/// `.map_err(Error::other)?`.
///
/// ```no_run
/// use earnorm::prelude::*;
///
/// # #[derive(Debug, Clone, Serialize, Deserialize, Model)]
/// # #[relation(one_to_many, target = "Post", fk = "author_id")]
/// # struct User { #[serde(rename = "_id")] id: ObjectId }
/// # #[derive(Debug, Clone, Serialize, Deserialize, Model)]
/// # struct Post { #[serde(rename = "_id")] id: ObjectId, author_id: ObjectId }
/// # async fn run(db: mongodb::Database, user: User) -> earnorm::Result<()> {
/// let posts = earnorm::transaction(&db, async |tx| {
///     Post { id: ObjectId::new(), author_id: user.id }.insert(tx).await?;
///     user.posts().count(tx).await
/// })
/// .await?;
/// # Ok(()) }
/// ```
///
/// # Errors
///
/// The error of the body, of a failed command that the body handled, or of the commit. [`Error::NoTransactions`] on a
/// standalone server. [`Error::TransactionEnded`] if the transaction ended before the body did.
#[track_caller]
pub fn transaction<R, F>(db: &Database, body: F) -> impl Future<Output = Result<R>>
where
    F: Clone + TransactionBody<R>,
{
    let (exec, ending) = (db.executor(), Call::named("", "transaction"));
    async move {
        attempts(exec, body, |error| Some(error), Some(ending)).await.map_err(|failed| match failed {
            Failed::Standalone(error, _) => error.into_no_transactions(),
            Failed::Other(error) => error,
        })
    }
}

/// The same as [`transaction`], for a body with your own error type, such as that of a web handler or `anyhow::Error`.
///
/// Sends the commands of [`transaction`], and one more for each attempt that fails after it has called
/// [`Transaction::session`].
///
/// EarnORM does not inspect your error: the first command that failed in the transaction decides whether the body runs
/// again. A write conflict is therefore retried for two minutes, however the body wraps its error. Otherwise the
/// transaction is aborted, and the body's error is returned unchanged.
///
/// EarnORM doesn't see commands on the session from [`Transaction::session`]. If one of them failed, the body runs at most
/// three times.
///
/// The compiler infers the error type from the function that returns the result. If it can't, write
/// `try_transaction::<AppError, _, _>(..)`.
///
/// ```no_run
/// use earnorm::prelude::*;
///
/// # #[derive(Debug, Clone, Serialize, Deserialize, Model)]
/// # struct Account { #[serde(rename = "_id")] id: ObjectId, balance: i64 }
/// enum AppError {
///     NotEnough { balance: i64 },
///     Database(earnorm::Error),
/// }
///
/// impl From<earnorm::Error> for AppError {
///     fn from(error: earnorm::Error) -> Self {
///         Self::Database(error)
///     }
/// }
///
/// async fn withdraw(db: &mongodb::Database, id: ObjectId, amount: i64) -> Result<Account, AppError> {
///     earnorm::try_transaction(db, async |tx| {
///         let account = Account::update_by_id(tx, id, Account::BALANCE.inc(-amount)).await?;
///         if account.balance < 0 {
///             return Err(AppError::NotEnough { balance: account.balance + amount });
///         }
///         Ok(account)
///     })
///     .await
/// }
/// ```
///
/// # Errors
///
/// The error of the body, or an error of [`transaction`] converted to `E`. If the body handles the error of a command and
/// returns `Ok`, the error of that command is returned. A command after a failed one is not sent: it fails with
/// [`Error::TransactionEnded`].
#[track_caller]
pub fn try_transaction<E, R, F>(db: &Database, body: F) -> impl Future<Output = Result<R, E>>
where
    E: From<Error>,
    F: Clone + TransactionBody<R, E>,
{
    let (exec, ending) = (db.executor(), Call::named("", "try_transaction"));
    async move {
        attempts(exec, body, |_| None, Some(ending)).await.map_err(|failed| match failed {
            Failed::Standalone(_, Some(error)) => error.into_no_transactions().into(),
            Failed::Standalone(error, None) | Failed::Other(error) => error,
        })
    }
}

/// Why no attempt succeeded.
enum Failed<E> {
    /// The server has no transactions. Nothing was written. The second field is the server's error, if the body's error
    /// can't be inspected.
    Standalone(E, Option<Error>),
    /// Any other error.
    Other(E),
}

/// Runs `body` until an attempt succeeds, or fails with an error that isn't transient. `inspect` returns the error of
/// EarnORM in the body's error, if it can. The commits and aborts are commands of the call `ending`, if the transaction
/// isn't a part of another call.
async fn attempts<R, E, F>(
    exec: Exec<'_>,
    body: F,
    inspect: fn(&E) -> Option<&Error>,
    ending: Option<Call>,
) -> Result<R, Failed<E>>
where
    E: From<Error>,
    F: Clone + for<'a> AsyncFnOnce(&'a Transaction) -> Result<R, E>,
{
    let begun = Instant::now();
    let (mut session, mut attempt, mut gone) = (None, 0, 0);
    loop {
        let urgent = begun.elapsed() > URGENT_AFTER;
        let tx = Transaction::begin(exec.database(), session.take(), urgent)
            .await
            .map_err(|error| Failed::Other(error.into()))?;
        let returned = pool::IN_BODY.scope((), body.clone()(&tx)).await;
        let (error, transient) = match tx.outcome(returned, inspect).await {
            Ok(value) => {
                let lent = tx.was_lent();
                let (outcome, back) = within(ending, tx.commit(begun)).await;
                let Err(error) = outcome else {
                    return Ok(value);
                };
                session = Some(back);
                gone = if lent && error.has_code(NO_SUCH_TRANSACTION) { gone + 1 } else { 0 };
                if gone == LENT_ATTEMPTS {
                    return Err(Failed::Other(error.into_transaction_ended(GONE).into()));
                }
                let transient = error.is_transient();
                (error.into(), transient)
            }
            Err(FailedBody { error, cause }) => {
                let standalone = !tx.has_succeeded() && cause.no_transactions;
                gone = if cause.unseen && tx.is_gone().await { gone + 1 } else { 0 };
                // the error of the abort doesn't matter: the body's error is returned
                session = within(ending, tx.abort(cause.disconnected)).await;
                if standalone {
                    return Err(Failed::Standalone(error, cause.command_error));
                }
                (error, cause.transient || (gone > 0 && gone < LENT_ATTEMPTS))
            }
        };
        // others wait for an urgent transaction, so it makes shorter pauses
        let pause = pause(if urgent { attempt.min(URGENT_PAUSE) } else { attempt });
        if !transient || begun.elapsed() + pause >= RETRY_FOR {
            return Err(Failed::Other(error));
        }
        tokio::time::sleep(pause).await;
        attempt += 1;
    }
}

/// Runs a future as a part of a call.
fn within<'e, T: 'e>(call: Option<Call>, future: BoxFuture<'e, T>) -> BoxFuture<'e, T> {
    match call {
        Some(call) => call.run_boxed(future),
        None => future,
    }
}

/// Runs `body` in the caller's transaction or in a new one. On a server without transactions, it runs without one.
pub(crate) async fn atomically<R, F>(exec: Exec<'_>, body: F) -> Result<R>
where
    F: Clone + for<'a> AsyncFnOnce(Exec<'a>) -> Result<R>,
{
    if exec.is_transaction() {
        return body(exec).await;
    }
    let attempt = body.clone();
    match attempts(exec, async |tx| attempt(tx.executor()).await, |error| Some(error), None).await {
        Ok(value) => Ok(value),
        Err(Failed::Standalone(..)) => body(exec).await,
        Err(Failed::Other(error)) => Err(error),
    }
}
