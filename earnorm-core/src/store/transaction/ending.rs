//! Commit and abort. They run on separate tasks, so that they complete if the caller is dropped.

use std::borrow::Borrow;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::Duration;

use mongodb::bson::doc;
use mongodb::error::{Error, ErrorKind, Result, UNKNOWN_TRANSACTION_COMMIT_RESULT};
use mongodb::{ClientSession, Database};
use tokio::sync::{Mutex, MutexGuard};
use tokio::time::Instant;

use crate::error::codes::{MAX_TIME_EXPIRED, has_code};
use crate::error::is_unreachable;
use crate::observe::Command;

/// For how long a transaction is retried, as in the specification of the drivers.
pub(super) const RETRY_FOR: Duration = Duration::from_secs(120);

/// A session that several tasks use, one after the other. It hides the types of the driver, like
/// [`Exec`](crate::store::Exec).
#[derive(Clone)]
pub(super) struct Session(Arc<dyn Borrow<Mutex<ClientSession>> + Send + Sync>);

impl Session {
    pub(super) fn new(session: ClientSession) -> Self {
        Self(Arc::new(Mutex::new(session)))
    }

    pub(super) async fn lock(&self) -> MutexGuard<'_, ClientSession> {
        (*self.0).borrow().lock().await
    }
}

/// Commits, and retries the commit with pauses while its result is unknown.
/// `has_begun`: whether a command was sent; without one, the driver sends nothing.
pub(super) async fn commit(session: Session, begun: Instant, has_begun: bool) -> Result<()> {
    let mut session = session.lock().await;
    let mut attempt = 0;
    loop {
        if has_begun {
            Command::new("commitTransaction", "").sent();
        }
        let outcome = session.commit_transaction().await;
        let Err(error) = outcome else {
            return outcome;
        };
        let pause = pause(attempt);
        let hopeless = is_unreachable(&error) || has_code(&error, &[MAX_TIME_EXPIRED]);
        if !is_unknown(&error) || hopeless || begun.elapsed() + pause >= RETRY_FOR {
            return Err(error);
        }
        tokio::time::sleep(pause).await;
        attempt += 1;
    }
}

/// The state of the first command of a transaction, with which the server begins the transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FirstCommand {
    /// It was not sent, or its outcome is known.
    Settled,
    /// It may have been sent, and was dropped before its outcome was known.
    InFlight,
}

/// Aborts. If that fails, the server aborts the transaction when it times out.
pub(super) async fn abort(session: Session, database: Database, first: FirstCommand) {
    let mut session = session.lock().await;
    if first == FirstCommand::InFlight {
        // If the first command was dropped, the driver assumes that the transaction never began, and sends no abort. A
        // second command changes that. If it reaches the server before the first one, the server refuses the first one.
        let _ = touch(&mut session, &database).await;
    }
    let _ = session.abort_transaction().await;
}

/// Ends a transaction whose commit has failed, and may or may not have been executed. The driver doesn't abort a
/// transaction after its commit. If the server still has the transaction, a new one on the same session ends it.
pub(super) async fn give_up(session: Session, database: Database) {
    let mut session = session.lock().await;
    if session.start_transaction().await.is_ok() {
        let _ = touch(&mut session, &database).await;
        let _ = session.abort_transaction().await;
    }
}

/// Sends a command that reads no document.
pub(super) async fn touch(session: &mut ClientSession, database: &Database) -> Result<()> {
    let command = doc! { "find": "earnorm", "limit": 1, "singleBatch": true };
    Command::new("find", "earnorm").sent();
    database.run_command(command).session(session).await.map(drop)
}

fn is_unknown(error: &Error) -> bool {
    error.contains_label(UNKNOWN_TRANSACTION_COMMIT_RESULT)
}

/// Whether the connection was lost, or there was none. An abort would then wait for a server that may be down.
pub(super) fn is_disconnected(error: &Error) -> bool {
    is_unreachable(error) || matches!(&*error.kind, ErrorKind::Io(_) | ErrorKind::ConnectionPoolCleared { .. })
}

/// The pause before an attempt: a random part of 5 ms, which grows by half with each attempt to at most 500 ms. It is random
/// so that two transactions that conflicted don't conflict again.
pub(super) fn pause(attempt: i32) -> Duration {
    let longest = (5.0 * 1.5_f64.powi(attempt)).min(500.0);
    let random = RandomState::new().hash_one(attempt) >> 40;
    #[allow(clippy::cast_precision_loss, reason = "24 bits fit")]
    let part = random as f64 / f64::from(1 << 24);
    Duration::from_secs_f64(longest * part / 1000.0)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::pause;

    #[test]
    fn pauses_grow_to_at_most_half_a_second() {
        let most = |attempt| (0..1_000).map(|_| pause(attempt)).max();
        assert!(most(0) <= Some(Duration::from_millis(5)));
        assert!(most(5) > Some(Duration::from_millis(20)));
        assert!(most(500) <= Some(Duration::from_millis(500)));
    }
}
