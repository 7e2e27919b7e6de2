use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, Instant};

use mongodb::error::{TRANSIENT_TRANSACTION_ERROR, UNKNOWN_TRANSACTION_COMMIT_RESULT};
use mongodb::{ClientSession, Database};
use tokio::sync::{Mutex, MutexGuard};

use super::Exec;
use crate::{Error, Result};

/// A transaction that is under way: what [`transaction`] lends to its body.
///
/// Steps that are awaited side by side queue: a session takes one command at a time.
pub struct Transaction {
    database: Database,
    session: Mutex<ClientSession>,
}

impl fmt::Debug for Transaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transaction").field("database", &self.database.name()).finish_non_exhaustive()
    }
}

impl Transaction {
    /// The driver's session, for calls of your own in this transaction. Steps of the transaction wait until it is
    /// given back, so drop it before the next one.
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
        self.session.lock().await
    }

    /// The database in which it runs.
    pub fn database(&self) -> &Database {
        &self.database
    }
}

/// For how long a transaction is tried again: the time that the driver's specification gives.
const RETRY_FOR: Duration = Duration::from_secs(120);

/// `MaxTimeMSExpired`: a commit that ran out of time would do so again.
const MAX_TIME_EXPIRED: i32 = 50;

/// Runs `body` in a transaction: commits when it gives `Ok`, aborts when it gives `Err`.
///
/// A body that fails for a passing reason (a write conflict, a lost primary) is run again, for up to two minutes, so
/// what it does besides the database must bear that. That a commit's answer got lost is not its failure: the commit
/// alone is sent again. An error of the body's own, made by [`Error::other`], aborts and is given back as it is.
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
/// The body's error, or the commit's. [`Error::NoTransactions`] on a standalone server.
pub async fn transaction<R, F>(db: &Database, body: F) -> Result<R>
where
    F: Clone + for<'a> AsyncFnOnce(&'a Transaction) -> Result<R>,
{
    match attempts(db, body).await {
        Err(error) if error.has_code(NO_TRANSACTIONS) => Err(error.no_transactions()),
        outcome => outcome,
    }
}

async fn attempts<R, F>(db: &Database, body: F) -> Result<R>
where
    F: Clone + for<'a> AsyncFnOnce(&'a Transaction) -> Result<R>,
{
    let session = db.client().start_session().await?;
    let tx = Transaction { database: db.clone(), session: Mutex::new(session) };
    let begun = Instant::now();
    let mut attempt = 0;
    loop {
        tx.session().await.start_transaction().await?;
        let outcome = match body.clone()(&tx).await {
            Ok(value) => commit(&tx, begun).await.map(|()| value),
            Err(error) => {
                // the error that counts is the body's; an abort that fails is undone by the server in time
                let _ = tx.session().await.abort_transaction().await;
                Err(error)
            }
        };
        match outcome {
            Err(error) if error.has_label(TRANSIENT_TRANSACTION_ERROR) && begun.elapsed() < RETRY_FOR => {
                tokio::time::sleep(pause(attempt)).await;
                attempt += 1;
            }
            outcome => return outcome,
        }
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
        Err(error) if error.has_code(NO_TRANSACTIONS) => body(exec).await,
        outcome => outcome,
    }
}

/// `IllegalOperation`: what a standalone server answers to the first command of a transaction.
const NO_TRANSACTIONS: i32 = 20;

async fn commit(tx: &Transaction, begun: Instant) -> Result<()> {
    loop {
        match tx.session().await.commit_transaction().await {
            Err(error) if is_unknown(&error) && begun.elapsed() < RETRY_FOR => {}
            outcome => return outcome.map_err(Error::Driver),
        }
    }
}

fn is_unknown(error: &mongodb::error::Error) -> bool {
    let expired = matches!(&*error.kind, mongodb::error::ErrorKind::Command(e) if e.code == MAX_TIME_EXPIRED);
    error.contains_label(UNKNOWN_TRANSACTION_COMMIT_RESULT) && !expired
}

/// 5 ms, growing by half to at most 500 ms, and a random part of it, so that two that collided don't do so again.
fn pause(attempt: i32) -> Duration {
    let longest = (5.0 * 1.5_f64.powi(attempt)).min(500.0);
    let random = RandomState::new().hash_one(attempt) >> 40;
    #[allow(clippy::cast_precision_loss, reason = "24 bits fit")]
    let part = random as f64 / f64::from(1 << 24);
    Duration::from_secs_f64(longest * part / 1000.0)
}
