//! The scenarios of MongoDB's driver specifications that apply to [`earnorm::transaction`], on a server with
//! `configureFailPoint`. Without such a server, each test prints that it is skipped, and why.
//!
//! From the [convenient API for transactions][convenient], by the file of the scenario:
//!
//! | scenario | test |
//! |---|---|
//! | `callback-aborts`: callback aborts | [`callback::a_body_that_aborts_stores_nothing`], an error here |
//! | `callback-aborts`: aborts with no ops | [`callback::a_body_that_aborts_without_a_command_sends_nothing`], an error here |
//! | `callback-aborts`: aborts and runs extra op | [`callback::a_command_after_an_abort_on_the_same_session_runs_outside`], an error here |
//! | `callback-commits`: callback commits | [`callback::a_body_that_commits_stores_its_writes`], an error here |
//! | `callback-commits`: commits and runs extra op | [`callback::a_command_after_a_commit_on_the_same_session_runs_outside`], an error here |
//! | `callback-retry`: multiple connection errors | [`callback::a_body_runs_again_after_connection_errors`] |
//! | `callback-retry`: `DuplicateKeyError` | [`callback::a_body_does_not_run_again_after_a_duplicate_key`] |
//! | `commit`: commits after callback returns | [`commit::a_transaction_commits_after_its_body`] |
//! | `commit`: second transaction | [`commit::a_second_transaction_of_the_body_is_aborted`], an error here |
//! | `commit-retry`: multiple connection errors | [`commit::a_commit_is_repeated_after_connection_errors`] |
//! | `commit-retry`: only overwrites `w` | [`commit::a_repeated_commit_keeps_the_other_write_concern_options`] |
//! | `commit-retry`: `NotMaster` | [`commit::a_commit_is_repeated_after_not_writable_primary`] |
//! | `commit-retry`: `MaxTimeMSExpired` | [`commit::a_commit_is_not_repeated_after_max_time_expired`] |
//! | `commit-retry-errorLabels`: `NotWritablePrimary` | [`commit::a_commit_is_repeated_after_an_error_labelled_as_retryable`] |
//! | `commit-transienttransactionerror`: `LockTimeout` | [`commit::a_transaction_runs_again_after_lock_timeout`] |
//! | `commit-transienttransactionerror`: `WriteConflict` | [`commit::a_transaction_runs_again_after_write_conflict`] |
//! | `commit-transienttransactionerror`: `SnapshotUnavailable` | [`commit::a_transaction_runs_again_after_snapshot_unavailable`] |
//! | `commit-transienttransactionerror`: `NoSuchTransaction` | [`commit::a_transaction_runs_again_after_no_such_transaction`] |
//! | `commit-transienttransactionerror-4.2`: `PreparedTransactionInProgress` | [`commit::a_transaction_runs_again_after_prepared_transaction_in_progress`] |
//! | `commit-writeconcernerror`: `WriteConcernFailed`, timeout | [`commit::a_commit_is_repeated_after_a_write_concern_timeout`] |
//! | `commit-writeconcernerror`: `WriteConcernFailed`, other | [`commit::a_commit_is_repeated_after_a_write_concern_failure`] |
//! | `commit-writeconcernerror`: `UnknownReplWriteConcern` | [`commit::a_commit_is_not_repeated_after_an_unknown_write_concern`] |
//! | `commit-writeconcernerror`: `UnsatisfiableWriteConcern` | [`commit::a_commit_is_not_repeated_after_an_unsatisfiable_write_concern`] |
//! | `commit-writeconcernerror`: `MaxTimeMSExpired` | [`commit::a_commit_is_not_repeated_after_its_write_concern_exceeded_the_time_limit`] |
//! | `transaction-options`: none set | [`commit::a_transaction_has_no_options_by_default`] |
//! | `transaction-options`: inherited from the client | [`commit::a_transaction_has_the_options_of_the_client`] |
//! | `transaction-options`: explicit, of the session | none: `transaction` takes no options |
//! | prose: callback raises a custom error | [`callback::an_error_of_the_body_is_returned_as_it_is`] |
//! | prose: callback returns a value | [`callback::a_value_of_the_body_is_returned`] |
//! | prose: timeout, transient error in the body | [`limit::a_body_does_not_run_again_after_the_limit`] |
//! | prose: timeout, unknown result of the commit | [`limit::a_commit_is_not_repeated_after_the_limit`] |
//! | prose: timeout, transient error of the commit | [`limit::a_transaction_does_not_run_again_after_the_limit`] |
//! | prose: backoff | [`limit::attempts_are_separated_by_pauses`], [`crate::unreachable_servers`] for commits |
//!
//! "An error here": in the specification, a callback that commits or aborts succeeds. EarnORM returns
//! [`TransactionEnded`](earnorm::Error::TransactionEnded), because the steps after the commit or abort would not be
//! part of the transaction.
//!
//! From [transactions][transactions] and [retryable writes][retryable]:
//!
//! | scenario | test |
//! |---|---|
//! | writes in a transaction are not retried alone | [`writes::a_write_is_not_sent_again_alone`] |
//! | an error that is only labelled as retryable | [`writes::a_label_of_retryable_writes_does_not_repeat_a_write`] |
//! | transient error in the body | [`writes::a_body_runs_again_after_a_write_conflict`] |
//! | transient error of a read in the body | [`writes::a_body_runs_again_after_a_failed_read`] |
//! | the label decides, not the code | [`writes::an_error_with_a_label_is_transient_whatever_its_code`], [`writes::an_error_without_a_label_is_permanent_whatever_its_code`] |
//! | error without labels in the body | [`writes::an_error_without_labels_is_returned`] |
//! | callback swallows a transient error | [`writes::a_transient_error_that_the_body_catches_runs_it_again`] |
//! | callback swallows a permanent error | [`writes::a_permanent_error_that_the_body_catches_is_returned`] |
//! | `retryable-abort`: connection error | [`writes::an_abort_is_sent_again_after_a_connection_error`] |
//! | `retryable-abort`: not retried after other errors | [`writes::a_failed_abort_does_not_hide_the_error_of_the_body`] |
//! | `retryable-commit`: `Interrupted` | [`writes::a_commit_that_fails_without_labels_is_not_repeated`] |
//! | commit and then the transaction are repeated | [`writes::a_commit_of_unknown_result_that_turns_transient_runs_the_body_again`] |
//!
//! [convenient]: https://github.com/mongodb/specifications/blob/master/source/transactions-convenient-api/transactions-convenient-api.md
//! [transactions]: https://github.com/mongodb/specifications/blob/master/source/transactions/transactions.md
//! [retryable]: https://github.com/mongodb/specifications/blob/master/source/retryable-writes/retryable-writes.md

mod callback;
mod commit;
mod limit;
mod writes;

use earnorm::mongodb::bson::{Bson, Document};
use earnorm::mongodb::error::{TRANSIENT_TRANSACTION_ERROR, UNKNOWN_TRANSACTION_COMMIT_RESULT};
use earnorm::mongodb::options::{ClientOptions, ServerMonitoringMode};
use earnorm::mongodb::{Client, Database};
use earnorm::prelude::*;
use earnorm::{Error, Result};
use earnorm_testkit::{ServerError, TestDb};
use tokio::sync::{Mutex, MutexGuard};

use crate::model::{Purse, purse};

/// Runs a body in a transaction. Returns the outcome and how often the body ran.
macro_rules! run {
    ($db:expr, async |$tx:ident| $body:expr) => {{
        let runs = std::sync::atomic::AtomicU32::new(0);
        let outcome = earnorm::transaction($db, async |$tx| {
            runs.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            $body
        })
        .await;
        (outcome, runs.into_inner())
    }};
}
use run;

/// A database whose client is the only one that the fail point affects. A server has one fail point at a time, so
/// scenarios take turns.
struct Scenario {
    test: TestDb,
    /// Another client, which the fail point does not affect.
    direct: Database,
    _turn: MutexGuard<'static, ()>,
}

impl Scenario {
    /// Returns `None`, and prints why, if no server with fail points is available.
    async fn begin() -> Option<Self> {
        Self::with(|_| ()).await
    }

    async fn with(change: impl FnOnce(&mut ClientOptions)) -> Option<Self> {
        static TURNS: Mutex<()> = Mutex::const_new(());
        let turn = TURNS.lock().await;
        let options = |options: &mut ClientOptions| {
            // with the other mode, the driver needs ten seconds to see that the server is still a primary
            options.server_monitoring_mode = Some(ServerMonitoringMode::Poll);
            change(options);
        };
        let test = match TestDb::with_fail_points(options).await {
            Ok(test) => test,
            Err(error @ ServerError::InstallFailed { .. }) => {
                println!("skipped: {error}");
                return None;
            }
            Err(error) => panic!("{error}"),
        };
        let direct = Client::with_uri_str(test.uri()).await.unwrap().database(test.name());
        // old servers can't create a collection in a transaction
        direct.create_collection("purses").await.unwrap();
        // the driver knows its server before the scenario begins
        Purse::find_all().count(test.db()).await.unwrap();
        test.log().clear();
        Some(Self { test, direct, _turn: turn })
    }

    fn db(&self) -> &Database {
        self.test.db()
    }

    /// Sets the fail point. `mode` is the number of commands, `data` what happens to them.
    async fn fail(&self, mode: impl Into<Bson>, data: Document) {
        let mut data = data;
        data.insert("appName", self.test.name());
        let point = doc! { "configureFailPoint": "failCommand", "mode": mode.into(), "data": data };
        self.direct.client().database("admin").run_command(point).await.unwrap();
    }

    /// The ids that another client reads.
    async fn ids(&self) -> Vec<i32> {
        crate::ids(&self.direct, "purses").await
    }

    /// The commands with this name that were sent.
    fn sent(&self, name: &str) -> Vec<Document> {
        let commands = self.test.log().commands();
        commands.iter().filter(|command| command.name == name).map(|command| command.body.clone()).collect()
    }

    /// The names of all commands, each with the number of its transaction in the session.
    fn steps(&self) -> Vec<String> {
        let commands = self.test.log().commands();
        let number = |command: &Document| command.get_i64("txnNumber").unwrap_or(0);
        commands.iter().map(|command| format!("{} {}", command.name, number(&command.body))).collect()
    }

    /// Inserts a purse in a transaction. Returns the outcome and how often the body ran.
    async fn insert(&self) -> (Result<()>, u32) {
        run!(self.db(), async |tx| purse(1).insert(tx).await.map(|_| ()))
    }
}

fn times(n: i32) -> Document {
    doc! { "times": n }
}

/// The labels of an error that decide what is repeated: transient, unknown result.
fn labels<T: std::fmt::Debug>(outcome: &Result<T>) -> (bool, bool) {
    match outcome {
        Err(Error::Driver(error)) => {
            (error.contains_label(TRANSIENT_TRANSACTION_ERROR), error.contains_label(UNKNOWN_TRANSACTION_COMMIT_RESULT))
        }
        other => panic!("not a driver error: {other:?}"),
    }
}

fn is_ended<T>(outcome: &Result<T>) -> bool {
    matches!(outcome, Err(Error::TransactionEnded { .. }))
}
