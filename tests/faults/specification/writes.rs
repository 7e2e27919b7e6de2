//! Commands of a transaction that fail. No command is repeated alone; labels decide whether the whole transaction is.

use earnorm::mongodb::bson::Document;
use earnorm::prelude::*;
use earnorm::{Error, Result};

use super::{Scenario, labels, run, times};
use crate::model::{Purse, purse};

#[tokio::test]
async fn a_write_is_not_sent_again_alone() {
    let Some(scenario) = Scenario::begin().await else { return };
    purse(7).insert(&scenario.direct).await.unwrap();
    scenario.fail(times(1), doc! { "failCommands": ["insert"], "closeConnection": true }).await;
    let (outcome, runs): (Result<()>, _) = run!(scenario.db(), async |tx| {
        Purse::get(tx, 7).await?;
        purse(1).insert(tx).await.map(|_| ())
    });
    outcome.unwrap();
    assert!(runs >= 2, "{runs}");
    assert_eq!(scenario.sent("insert").len(), scenario.sent("find").len(), "one insert for each run");
    assert_eq!(scenario.ids().await, [1, 7]);
}

#[tokio::test]
async fn a_label_of_retryable_writes_does_not_repeat_a_write() {
    let Some(scenario) = Scenario::begin().await else { return };
    let data = doc! { "failCommands": ["insert"], "errorCode": 11_601, "errorLabels": ["RetryableWriteError"] };
    scenario.fail(times(1), data).await;
    let (outcome, runs) = scenario.insert().await;
    assert_eq!(labels(&outcome), (false, false), "{outcome:?}");
    assert_eq!((runs, scenario.steps()), (1, vec!["insert 1".to_owned(), "abortTransaction 1".to_owned()]));
    assert!(scenario.ids().await.is_empty());
}

/// A body fails twice in this way and runs a third time.
async fn assert_runs_again(command: &str, data: Document) {
    let Some(scenario) = Scenario::begin().await else { return };
    let mut all = doc! { "failCommands": [command] };
    all.extend(data);
    scenario.fail(times(2), all).await;
    let (outcome, runs): (Result<()>, _) = run!(scenario.db(), async |tx| {
        Purse::get(tx, 7).await?;
        purse(1).insert(tx).await.map(|_| ())
    });
    outcome.unwrap();
    assert_eq!((runs, scenario.ids().await), (3, vec![1]));
    assert_eq!((scenario.sent("abortTransaction").len(), scenario.sent("commitTransaction").len()), (2, 1));
    let numbers: Vec<_> = scenario.sent("find").iter().map(|find| find.get_i64("txnNumber")).collect();
    assert_eq!(numbers, [Ok(1), Ok(2), Ok(3)], "each attempt is another transaction of the same session");
}

#[tokio::test]
async fn a_body_runs_again_after_a_write_conflict() {
    assert_runs_again("insert", doc! { "errorCode": 112 }).await;
}

#[tokio::test]
async fn a_body_runs_again_after_a_failed_read() {
    assert_runs_again("find", doc! { "errorCode": 246 }).await;
}

#[tokio::test]
async fn an_error_with_a_label_is_transient_whatever_its_code() {
    assert_runs_again("insert", doc! { "errorCode": 11_601, "errorLabels": ["TransientTransactionError"] }).await;
}

/// A body fails in this way and doesn't run again.
async fn assert_returned(data: Document) {
    let Some(scenario) = Scenario::begin().await else { return };
    let mut all = doc! { "failCommands": ["insert"] };
    all.extend(data);
    scenario.fail(times(1), all).await;
    let (outcome, runs) = scenario.insert().await;
    assert_eq!(labels(&outcome), (false, false), "{outcome:?}");
    assert_eq!((runs, scenario.steps()), (1, vec!["insert 1".to_owned(), "abortTransaction 1".to_owned()]));
    assert!(scenario.ids().await.is_empty());
}

#[tokio::test]
async fn an_error_without_a_label_is_permanent_whatever_its_code() {
    assert_returned(doc! { "errorCode": 112, "errorLabels": [] }).await;
}

#[tokio::test]
async fn an_error_without_labels_is_returned() {
    assert_returned(doc! { "errorCode": 11_601 }).await;
}

#[tokio::test]
async fn a_transient_error_that_the_body_catches_runs_it_again() {
    let Some(scenario) = Scenario::begin().await else { return };
    scenario.fail(times(1), doc! { "failCommands": ["insert"], "errorCode": 112 }).await;
    let (outcome, runs): (Result<()>, _) = run!(scenario.db(), async |tx| {
        let _ = purse(1).insert(tx).await;
        Ok(())
    });
    outcome.unwrap();
    assert_eq!((runs, scenario.ids().await), (2, vec![1]));
    assert_eq!(scenario.steps(), ["insert 1", "abortTransaction 1", "insert 2", "commitTransaction 2"]);
}

#[tokio::test]
async fn a_permanent_error_that_the_body_catches_is_returned() {
    let Some(scenario) = Scenario::begin().await else { return };
    scenario.fail(times(1), doc! { "failCommands": ["insert"], "errorCode": 11_601 }).await;
    let (outcome, runs): (Result<()>, _) = run!(scenario.db(), async |tx| {
        let _ = purse(1).insert(tx).await;
        purse(2).insert(tx).await.map(|_| ())
    });
    assert_eq!(labels(&outcome), (false, false), "{outcome:?}");
    assert_eq!((runs, scenario.ids().await), (1, vec![]));
    assert!(scenario.sent("commitTransaction").is_empty());
}

#[tokio::test]
async fn an_abort_is_sent_again_after_a_connection_error() {
    let Some(scenario) = Scenario::begin().await else { return };
    scenario.fail(times(1), doc! { "failCommands": ["abortTransaction"], "closeConnection": true }).await;
    let (outcome, runs): (Result<()>, _) = run!(scenario.db(), async |tx| {
        purse(1).insert(tx).await?;
        Err(Error::other("out of stock"))
    });
    assert_eq!((outcome.unwrap_err().to_string(), runs), ("out of stock".to_owned(), 1));
    assert_eq!(scenario.steps(), ["insert 1", "abortTransaction 1", "abortTransaction 1"]);
    assert!(scenario.ids().await.is_empty());
}

#[tokio::test]
async fn a_failed_abort_does_not_hide_the_error_of_the_body() {
    let Some(scenario) = Scenario::begin().await else { return };
    scenario.fail(times(1), doc! { "failCommands": ["abortTransaction"], "errorCode": 11_601 }).await;
    let (outcome, runs): (Result<()>, _) = run!(scenario.db(), async |tx| {
        purse(1).insert(tx).await?;
        Err(Error::other("out of stock"))
    });
    assert_eq!((outcome.unwrap_err().to_string(), runs), ("out of stock".to_owned(), 1));
    assert_eq!(scenario.steps(), ["insert 1", "abortTransaction 1"]);
}

/// The server still has the transaction, so it must be aborted: its locks would block other writes.
#[tokio::test]
async fn a_commit_that_fails_without_labels_is_not_repeated() {
    let Some(scenario) = Scenario::begin().await else { return };
    scenario.fail(times(1), doc! { "failCommands": ["commitTransaction"], "errorCode": 11_601 }).await;
    let (outcome, runs) = scenario.insert().await;
    assert_eq!(labels(&outcome), (false, false), "{outcome:?}");
    assert_eq!((runs, scenario.sent("commitTransaction").len()), (1, 1));
    assert!(scenario.ids().await.is_empty());
    purse(1).insert(&scenario.direct).await.unwrap();
}

/// The server forgets the transaction after a commit whose reply is lost, for example when its primary changes.
#[tokio::test]
async fn a_commit_of_unknown_result_that_turns_transient_runs_the_body_again() {
    let Some(scenario) = Scenario::begin().await else { return };
    let data = doc! { "failCommands": ["commitTransaction"], "errorCode": 251, "errorLabels": ["RetryableWriteError", "TransientTransactionError"] };
    scenario.fail(times(2), data).await;
    let (outcome, runs) = scenario.insert().await;
    outcome.unwrap();
    assert_eq!((runs, scenario.ids().await), (2, vec![1]));
    assert_eq!(
        scenario.steps(),
        ["insert 1", "commitTransaction 1", "commitTransaction 1", "insert 2", "commitTransaction 2"]
    );
}
