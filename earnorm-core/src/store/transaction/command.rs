//! A command of a transaction.

use std::ops::{Deref, DerefMut};

use mongodb::ClientSession;
use mongodb::error::TRANSIENT_TRANSACTION_ERROR;
use tokio::sync::MutexGuard;

use super::state::{Failure, Transaction};
use crate::Error;
use crate::error::codes::codes;
use crate::error::{EndedTransaction, is_unreachable};
use crate::schema::models;

const DROPPED: &str = "a command was dropped before the server replied";

const FAILED: &str = "an earlier command failed, which ended it";

impl Transaction {
    /// Lends the session for one command.
    pub(crate) async fn command(&self, access: Access) -> mongodb::error::Result<CommandGuard<'_>> {
        let mut session = self.lock().await;
        self.check_lent_session(&mut session).await;
        let mut state = self.state();
        if let Some(reason) = state.ended {
            return Err(EndedTransaction { reason, source: None }.into());
        }
        // after a transient failure, send the command: the server's reply tells the caller that it may retry
        if let Some(failure) = state.failure.as_ref().filter(|failure| !failure.transient) {
            return Err(EndedTransaction { reason: FAILED, source: Some(failure.source.clone()) }.into());
        }
        state.begun = true;
        drop(state);
        Ok(CommandGuard { session, tx: self, access, running: true })
    }
}

/// The session during one command. If it is dropped before [`finish`](Self::finish), the outcome of the command is unknown.
pub(crate) struct CommandGuard<'t> {
    session: MutexGuard<'t, ClientSession>,
    tx: &'t Transaction,
    access: Access,
    running: bool,
}

/// Whether a command reads or writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    Read,
    Write,
}

impl CommandGuard<'_> {
    /// Records the outcome of the command. `convert` converts its error for the caller of the transaction.
    pub(crate) async fn finish<T>(
        mut self,
        outcome: &mongodb::error::Result<T>,
        convert: impl FnOnce(&mongodb::error::Error) -> Error,
    ) {
        self.running = false;
        let Err(error) = outcome else {
            let mut state = self.tx.state();
            (state.settled, state.succeeded) = (true, true);
            return;
        };
        let transient = error.contains_label(TRANSIENT_TRANSACTION_ERROR) && !is_unreachable(error);
        if !codes(error).is_empty() || error.contains_label(TRANSIENT_TRANSACTION_ERROR) {
            let mut state = self.tx.state();
            state.settled = true;
            state.failure.get_or_insert_with(|| Failure { error: convert(error), transient, source: error.clone() });
        } else if !std::mem::replace(&mut self.tx.state().settled, true) {
            // The command didn't reach the server, but the driver assumes that the transaction has begun, and would send the
            // next command as its continuation. Nothing was written, so begin a new transaction instead.
            let _ = self.session.abort_transaction().await;
            if let Err(error) = self.session.start_transaction().await {
                let source = error.clone();
                self.tx.state().failure = Some(Failure { error: error.into(), transient: false, source });
            }
            self.tx.state().settled = false;
        }
    }
}

impl Drop for CommandGuard<'_> {
    fn drop(&mut self) {
        let mut state = self.tx.state();
        // a dropped read is harmless, unless it is the first command, which begins the transaction
        if self.running && (self.access == Access::Write || !state.settled) {
            state.ended.get_or_insert(DROPPED);
        }
    }
}

impl Deref for CommandGuard<'_> {
    type Target = ClientSession;

    fn deref(&self) -> &ClientSession {
        &self.session
    }
}

impl DerefMut for CommandGuard<'_> {
    fn deref_mut(&mut self) -> &mut ClientSession {
        &mut self.session
    }
}

/// Converts the error of a write to a collection: a duplicate key becomes [`Error::Duplicate`].
pub(crate) fn write_error(collection: &str) -> impl FnOnce(&mongodb::error::Error) -> Error + '_ {
    move |error| {
        let model = models().find(|model| model.collection == collection);
        Error::write_to(model.map_or("", |model| model.name), error.clone())
    }
}
