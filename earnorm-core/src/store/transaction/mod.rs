mod ending;
mod state;

use std::time::{Duration, Instant};

use mongodb::Database;

pub(crate) use self::ending::is_unreachable;
use self::ending::pause;
use self::state::GONE;
pub(crate) use self::state::Over;
pub use self::state::Transaction;
pub(super) use self::state::{Access, written};
use super::{Exec, pool};
use crate::codes::{NO_SUCH_TRANSACTION, NO_TRANSACTIONS};
use crate::{Error, Result};

/// For how long a transaction is tried again: the time that the driver's specification gives.
const RETRY_FOR: Duration = Duration::from_secs(120);

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
/// The body is written `async |tx| { .. }`; of `|tx| async move { .. }` the compiler says that its `AsyncFnOnce` is "not
/// general enough". Each attempt runs a clone of it, so it can't change what it borrows ("`Clone` is not implemented" for
/// the reference). With `async move |tx| { .. }` each attempt begins with a copy of what was captured, as that was at
/// first; what is to be known of the copy afterwards is returned.
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
    F: Clone + for<'a> AsyncFnOnce(&'a Transaction) -> Result<R>,
{
    attempts(db, body).await.map_err(|failed| match failed {
        Failed::Standalone(error) => error.no_transactions(),
        Failed::For(error) => error,
    })
}

/// Why all attempts failed.
enum Failed {
    /// The server has no transactions, and has done nothing.
    Standalone(Error),
    For(Error),
}

async fn attempts<R, F>(db: &Database, body: F) -> Result<R, Failed>
where
    F: Clone + for<'a> AsyncFnOnce(&'a Transaction) -> Result<R>,
{
    let begun = Instant::now();
    let (mut session, mut attempt, mut gone) = (None, 0, 0);
    loop {
        let urgent = begun.elapsed() > URGENT_AFTER;
        let tx = Transaction::begin(db, session.take(), urgent).await.map_err(Failed::For)?;
        let given = pool::IN_BODY.scope((), body.clone()(&tx)).await;
        let error = match tx.outcome(given).await {
            Ok(value) => {
                let lent = tx.was_lent();
                let (outcome, back) = tx.commit(begun).await;
                let Err(error) = outcome else {
                    return Ok(value);
                };
                session = Some(back);
                gone = if lent && error.has_code(NO_SUCH_TRANSACTION) { gone + 1 } else { 0 };
                if gone == LENT_ATTEMPTS {
                    return Err(Failed::For(error.ended(GONE)));
                }
                error
            }
            Err(error) => {
                let standalone = !tx.worked() && error.has_code(NO_TRANSACTIONS);
                // the error that counts is the body's
                session = tx.abort(&error).await;
                if standalone {
                    return Err(Failed::Standalone(error));
                }
                error
            }
        };
        // one that others wait for had better not keep them waiting
        let pause = pause(if urgent { attempt.min(URGENT_PAUSE) } else { attempt });
        if !error.is_transient() || begun.elapsed() + pause >= RETRY_FOR {
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
    match attempts(db, async |tx| attempt(Exec::Transaction(tx)).await).await {
        Ok(value) => Ok(value),
        Err(Failed::Standalone(_)) => body(exec).await,
        Err(Failed::For(error)) => Err(error),
    }
}
