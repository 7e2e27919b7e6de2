//! The retry loop of a transaction.

use std::time::Duration;

use mongodb::Database;
use tokio::time::Instant;

use super::super::executor::Exec;
use super::super::pool;
use super::body::TransactionBody;
use super::ending::{RETRY_FOR, pause};
use super::state::{Broken, GONE, Transaction};
use crate::error::codes::NO_SUCH_TRANSACTION;
use crate::{Error, Result};

/// After which time others let a transaction go ahead.
const URGENT_AFTER: Duration = Duration::from_secs(1);

/// Its pauses are no longer than that of this attempt.
const URGENT_PAUSE: i32 = 4;

/// How often a body is run whose transaction is gone at its commit, after the session was lent.
const LENT_ATTEMPTS: u32 = 3;

/// Runs `body` in a transaction: commits when it returns `Ok`, aborts when it returns `Err`.
///
/// A body that fails for a passing reason (a write conflict, a lost primary) is run again, for up to two minutes, so
/// what it does besides the database must bear that. If no server was found, that is not tried again: the driver has
/// waited for one already. If the answer to a commit was lost, the commit alone is sent again, with pauses that grow from
/// 5 to 500 ms. An error of the body's own, made by [`Error::other`], aborts and is returned as it is.
///
/// A command that fails ends the transaction on the server, so a body can't catch its error and go on. If it does and
/// returns `Ok`, or fails in a later step because the transaction is gone, the error of the first failed command is
/// returned, and the body isn't run again. Errors that never reached the server, and documents that don't decode, end
/// nothing.
///
/// # Cancellation
///
/// A future that is dropped while its body runs aborts the transaction, on a task of its own: nothing is stored, and no
/// lock is left. Once the body has returned, the commit goes on to its end without the caller, who then doesn't know
/// whether it was carried out. If the body itself drops a write before its answer came (in a `timeout` or a `select!`),
/// the transaction ends with [`Error::TransactionEnded`], since that write may have been done or not.
///
/// # Body
///
/// The body is written `async |tx| { .. }`, and not `|tx| async move { .. }`. Each attempt runs a clone of it, so it can't
/// change what it borrows ("`Clone` is not implemented" for the reference). With `async move |tx| { .. }` each attempt
/// begins with a copy of what was captured, as that was at first; return what the caller needs of that copy.
///
/// In the body `?` takes EarnORM's errors and the driver's. For other errors use [`try_transaction`], or write
/// `.map_err(Error::other)?`.
///
/// One command more than the body's: the commit or the abort.
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
/// The body's error, that of a failed command which the body caught, or the commit's. [`Error::NoTransactions`] on a
/// standalone server; [`Error::TransactionEnded`] if the transaction was over before its body.
pub async fn transaction<R, F>(db: &Database, body: F) -> Result<R>
where
    F: Clone + TransactionBody<R>,
{
    attempts(db, body, |error| Some(error)).await.map_err(|failed| match failed {
        Failed::Standalone(error, _) => error.into_no_transactions(),
        Failed::For(error) => error,
    })
}

/// [`transaction`] for a body with an error type of your own, such as that of a web handler or `anyhow::Error`.
///
/// It commits, aborts and retries as [`transaction`] does. EarnORM does not look into your error: the first command that
/// failed in the transaction decides whether the body runs again. So a write conflict is retried however the body wraps
/// its error, and an error that the body returns for a reason of its own aborts and is returned as it is. The error of
/// the last attempt is returned if the two minutes are over.
///
/// Commands on the session that [`Transaction::session`] lends are not seen. If one of them failed, the body is run three
/// times at the most.
///
/// As many commands as [`transaction`]; one more for each attempt that fails after it has lent its session.
///
/// The error type comes from the function that the call returns from, or is written first:
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
/// The body's error. EarnORM's errors are converted into `E`: those of [`transaction`], which also replace the body's
/// `Ok` if the body caught the error of a command. A step that follows a failed command fails with
/// [`Error::TransactionEnded`] and is not sent.
pub async fn try_transaction<E, R, F>(db: &Database, body: F) -> Result<R, E>
where
    E: From<Error>,
    F: Clone + TransactionBody<R, E>,
{
    attempts(db, body, |_| None).await.map_err(|failed| match failed {
        Failed::Standalone(_, Some(said)) => said.into_no_transactions().into(),
        Failed::Standalone(error, None) | Failed::For(error) => error,
    })
}

/// Why all attempts failed.
enum Failed<E> {
    /// The server has no transactions, and has done nothing. With what it said, if the body's error doesn't show that.
    Standalone(E, Option<Error>),
    For(E),
}

/// Runs `body` until an attempt succeeds or fails for good. `seen` is what can be seen of a body's error.
async fn attempts<R, E, F>(db: &Database, body: F, seen: fn(&E) -> Option<&Error>) -> Result<R, Failed<E>>
where
    E: From<Error>,
    F: Clone + for<'a> AsyncFnOnce(&'a Transaction) -> Result<R, E>,
{
    let begun = Instant::now();
    let (mut session, mut attempt, mut gone) = (None, 0, 0);
    loop {
        let urgent = begun.elapsed() > URGENT_AFTER;
        let tx = Transaction::begin(db, session.take(), urgent).await.map_err(|error| Failed::For(error.into()))?;
        let given = pool::IN_BODY.scope((), body.clone()(&tx)).await;
        let (error, transient) = match tx.outcome(given, seen).await {
            Ok(value) => {
                let lent = tx.was_lent();
                let (outcome, back) = tx.commit(begun).await;
                let Err(error) = outcome else {
                    return Ok(value);
                };
                session = Some(back);
                gone = if lent && error.has_code(NO_SUCH_TRANSACTION) { gone + 1 } else { 0 };
                if gone == LENT_ATTEMPTS {
                    return Err(Failed::For(error.into_transaction_ended(GONE).into()));
                }
                let transient = error.is_transient();
                (error.into(), transient)
            }
            Err(Broken { error, cause }) => {
                let standalone = !tx.worked() && cause.no_transactions;
                gone = if cause.unseen && tx.is_gone().await { gone + 1 } else { 0 };
                // the error that counts is the body's
                session = tx.abort(cause.disconnected).await;
                if standalone {
                    return Err(Failed::Standalone(error, cause.said));
                }
                (error, cause.transient || (gone > 0 && gone < LENT_ATTEMPTS))
            }
        };
        // one that others wait for had better not keep them waiting
        let pause = pause(if urgent { attempt.min(URGENT_PAUSE) } else { attempt });
        if !transient || begun.elapsed() + pause >= RETRY_FOR {
            return Err(Failed::For(error));
        }
        tokio::time::sleep(pause).await;
        attempt += 1;
    }
}

/// Runs `body` as one: in the caller's transaction, in one of its own, or, on a server that has none, as it is.
pub(crate) async fn atomically<R, F>(exec: Exec<'_>, body: F) -> Result<R>
where
    F: Clone + for<'a> AsyncFnOnce(Exec<'a>) -> Result<R>,
{
    let Exec::Database(db) = exec else {
        return body(exec).await;
    };
    let attempt = body.clone();
    match attempts(db, async |tx| attempt(Exec::Transaction(tx)).await, |error| Some(error)).await {
        Ok(value) => Ok(value),
        Err(Failed::Standalone(..)) => body(exec).await,
        Err(Failed::For(error)) => Err(error),
    }
}
