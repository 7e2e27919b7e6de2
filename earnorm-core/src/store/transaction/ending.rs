//! Commit and abort. Both run on tasks of their own, so that a caller that goes away doesn't stop them halfway.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::Duration;

use mongodb::bson::doc;
use mongodb::error::{Error, ErrorKind, Result, UNKNOWN_TRANSACTION_COMMIT_RESULT};
use mongodb::{ClientSession, Database};
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::error::codes::{MAX_TIME_EXPIRED, has_code};
use crate::error::is_unreachable;

/// For how long a transaction is tried again: the time that the driver's specification gives.
pub(super) const RETRY_FOR: Duration = Duration::from_secs(120);

/// A session that more than one task may hold, one after the other.
pub(super) type Session = Arc<Mutex<ClientSession>>;

/// Commits, and sends the commit again while its result is unknown, with pauses.
pub(super) async fn commit(session: Session, begun: Instant) -> Result<()> {
    let mut session = session.lock().await;
    let mut repeats = 0;
    loop {
        let outcome = session.commit_transaction().await;
        let Err(error) = outcome else {
            return outcome;
        };
        let pause = pause(repeats);
        let hopeless = is_unreachable(&error) || has_code(&error, &[MAX_TIME_EXPIRED]);
        if !is_unknown(&error) || hopeless || begun.elapsed() + pause >= RETRY_FOR {
            return Err(error);
        }
        tokio::time::sleep(pause).await;
        repeats += 1;
    }
}

/// What is known of the first command of a transaction, by which the server begins it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FirstCommand {
    /// It was never sent, or its outcome is known.
    Settled,
    /// It may have been sent, and nobody waits for its outcome any more.
    InFlight,
}

/// Aborts. An abort that fails is made up for by the server in time.
pub(super) async fn abort(session: Session, database: Database, first: FirstCommand) {
    let mut session = session.lock().await;
    if first == FirstCommand::InFlight {
        // The driver takes a transaction whose first command was dropped for one that was never begun, and would send no
        // abort. A second command makes it know better. If that reaches the server before the first, the first is
        // refused then.
        let _ = touch(&mut session, &database).await;
    }
    let _ = session.abort_transaction().await;
}

/// Gives up a transaction whose commit has failed, and may or may not have been carried out. The driver aborts none that
/// it has sent a commit of. If the server still has it, the next transaction of the same session ends it.
pub(super) async fn give_up(session: Session, database: Database) {
    let mut session = session.lock().await;
    if session.start_transaction().await.is_ok() {
        let _ = touch(&mut session, &database).await;
        let _ = session.abort_transaction().await;
    }
}

/// Sends a command that reads nothing.
pub(super) async fn touch(session: &mut ClientSession, database: &Database) -> Result<()> {
    let command = doc! { "find": "earnorm", "limit": 1, "singleBatch": true };
    database.run_command(command).session(session).await.map(drop)
}

fn is_unknown(error: &Error) -> bool {
    error.contains_label(UNKNOWN_TRANSACTION_COMMIT_RESULT)
}

/// Whether the connection was lost, or there was none: an abort would wait for a server that may be gone.
pub(super) fn is_disconnected(error: &Error) -> bool {
    is_unreachable(error) || matches!(&*error.kind, ErrorKind::Io(_) | ErrorKind::ConnectionPoolCleared { .. })
}

/// 5 ms, growing by half to at most 500 ms, and a random part of it, so that two that collided don't do so again.
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
    fn pauses_grow_to_half_a_second_and_no_further() {
        let most = |attempt| (0..1_000).map(|_| pause(attempt)).max();
        assert!(most(0) <= Some(Duration::from_millis(5)));
        assert!(most(5) > Some(Duration::from_millis(20)));
        assert!(most(500) <= Some(Duration::from_millis(500)));
    }
}
