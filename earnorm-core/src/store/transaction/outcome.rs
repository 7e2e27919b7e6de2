//! The outcome of an attempt, from the body's result and the commands of the transaction.

use super::ending::is_disconnected;
use super::state::Transaction;
use crate::error::codes::NO_TRANSACTIONS;
use crate::{Error, Result};

/// A body that failed, or that returned `Ok` although a command failed.
pub(super) struct FailedBody<E> {
    pub(super) error: E,
    pub(super) cause: FailureCause,
}

/// Why a body failed.
#[derive(Default)]
#[allow(clippy::struct_excessive_bools, reason = "each is known or not, whatever the others are")]
pub(super) struct FailureCause {
    /// Whether another attempt may succeed.
    pub(super) transient: bool,
    /// Whether the server doesn't support transactions.
    pub(super) no_transactions: bool,
    /// Whether the connection was lost.
    pub(super) disconnected: bool,
    /// Whether the cause may be a command on the lent session, whose outcome only the body knows.
    pub(super) unseen: bool,
    /// The error of the command that failed, if the body's error can't be inspected.
    pub(super) command_error: Option<Error>,
}

impl From<&Error> for FailureCause {
    fn from(error: &Error) -> Self {
        Self {
            transient: error.is_transient(),
            no_transactions: error.has_code(NO_TRANSACTIONS),
            disconnected: error.driver().is_some_and(is_disconnected),
            ..Self::default()
        }
    }
}

/// The body has probably handled the error of a command on the lent session.
pub(super) const GONE: &str =
    "the server had aborted it in each attempt; a command on the lent session must have failed";

impl Transaction {
    /// The outcome of an attempt: the value to commit, or the error. It depends on the body's result and on the failed
    /// commands of the transaction. `inspect` returns the error of EarnORM in the body's error, if it can.
    pub(super) async fn outcome<R, E: From<Error>>(
        &self,
        returned: Result<R, E>,
        inspect: fn(&E) -> Option<&Error>,
    ) -> Result<R, FailedBody<E>> {
        self.check().await;
        let mut state = self.state();
        let (failure, ended, lent) = (state.failure.take(), state.ended, state.was_lent);
        drop(state);
        let failed = |error: Error| FailedBody { cause: FailureCause::from(&error), error: error.into() };
        match (returned, failure, ended) {
            (Ok(_), Some(failure), _) => Err(failed(failure.error)),
            (Ok(_), None, Some(reason)) => Err(failed(Error::TransactionEnded { reason, source: None })),
            (Ok(value), None, None) => Ok(value),
            (Err(error), failure, _) => {
                let cause = match (inspect(&error), failure) {
                    // the error of a later command, which failed because the transaction had ended
                    (Some(later), Some(failure))
                        if !failure.transient && (later.is_transient() || later.is_ended()) =>
                    {
                        return Err(failed(failure.error));
                    }
                    (Some(inspected), _) => FailureCause::from(inspected),
                    (None, Some(failure)) => {
                        let cause = FailureCause::from(&failure.error);
                        FailureCause { command_error: Some(failure.error), ..cause }
                    }
                    (None, None) => FailureCause { unseen: lent, ..FailureCause::default() },
                };
                Err(FailedBody { error, cause })
            }
        }
    }
}
