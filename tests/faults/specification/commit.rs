//! Commits: which are repeated, which run the transaction again, and which fail.

use std::time::Duration;

use earnorm::Result;
use earnorm::mongodb::bson::{Bson, Document};
use earnorm::mongodb::options::{Acknowledgment, ReadConcern, WriteConcern};
use earnorm::prelude::*;

use super::{Scenario, is_ended, labels, run, times};
use crate::model::purse;

/// A fail point's data for commits.
fn for_commits(data: &Document) -> Document {
    let mut all = doc! { "failCommands": ["commitTransaction"] };
    all.extend(data.clone());
    all
}

/// The write concern of each commit that was sent.
fn write_concerns(scenario: &Scenario) -> Vec<Option<Bson>> {
    scenario.sent("commitTransaction").iter().map(|commit| commit.get("writeConcern").cloned()).collect()
}

/// The write concern of a repeated commit.
fn majority() -> Bson {
    doc! { "w": "majority", "wtimeout": 10_000 }.into()
}

/// Two commits fail in this way. The third stores the writes of the body, which ran once.
async fn assert_repeated(data: Document) {
    let Some(scenario) = Scenario::begin().await else { return };
    scenario.fail(times(2), for_commits(&data)).await;
    let (outcome, runs) = scenario.insert().await;
    outcome.unwrap();
    assert_eq!((runs, scenario.ids().await), (1, vec![1]), "{data}");
    assert_eq!(scenario.steps(), ["insert 1", "commitTransaction 1", "commitTransaction 1", "commitTransaction 1"]);
    assert_eq!(write_concerns(&scenario), [None, Some(majority()), Some(majority())], "{data}");
}

/// A commit fails in this way and is not repeated.
async fn assert_final(data: Document, unknown: bool, stored: &[i32]) {
    let Some(scenario) = Scenario::begin().await else { return };
    scenario.fail(times(1), for_commits(&data)).await;
    let (outcome, runs) = scenario.insert().await;
    assert_eq!(labels(&outcome), (false, unknown), "{data}: {outcome:?}");
    assert_eq!((runs, scenario.sent("commitTransaction").len()), (1, 1), "{data}");
    assert_eq!(scenario.ids().await, stored, "{data}");
}

/// A commit fails with this code, the server adds the label, and the body runs again.
async fn assert_runs_again(code: i32) {
    let Some(scenario) = Scenario::begin().await else { return };
    scenario.fail(times(1), for_commits(&doc! { "errorCode": code })).await;
    let (outcome, runs) = scenario.insert().await;
    outcome.unwrap();
    assert_eq!((runs, scenario.ids().await), (2, vec![1]));
    assert_eq!(scenario.steps(), ["insert 1", "commitTransaction 1", "insert 2", "commitTransaction 2"]);
    assert_eq!(write_concerns(&scenario), [None, None]);
}

#[tokio::test]
async fn a_transaction_commits_after_its_body() {
    let Some(scenario) = Scenario::begin().await else { return };
    let (outcome, runs): (Result<()>, _) = run!(scenario.db(), async |tx| {
        purse(1).insert(tx).await?;
        purse(2).insert(tx).await.map(|_| ())
    });
    outcome.unwrap();
    assert_eq!((runs, scenario.ids().await), (1, vec![1, 2]));
    assert_eq!(scenario.steps(), ["insert 1", "insert 1", "commitTransaction 1"]);
    let (inserts, commits) = (scenario.sent("insert"), scenario.sent("commitTransaction"));
    let begins = |command: &Document| command.get_bool("startTransaction").unwrap_or(false);
    assert!(begins(&inserts[0]) && !begins(&inserts[1]) && !begins(&commits[0]));
}

#[tokio::test]
async fn a_second_transaction_of_the_body_is_aborted() {
    let Some(scenario) = Scenario::begin().await else { return };
    let (outcome, runs): (Result<()>, _) = run!(scenario.db(), async |tx| {
        purse(1).insert(tx).await?;
        let purses = tx.database().collection::<Document>("purses");
        let mut session = tx.session().await;
        session.commit_transaction().await?;
        session.start_transaction().await?;
        purses.insert_one(doc! { "_id": 2, "gold": 0_i64 }).session(&mut *session).await?;
        Ok(())
    });
    assert!(is_ended(&outcome), "{outcome:?}");
    assert_eq!((runs, scenario.ids().await), (1, vec![1]));
    assert_eq!(scenario.steps(), ["insert 1", "commitTransaction 1", "insert 2", "abortTransaction 2"]);
}

#[tokio::test]
async fn a_commit_is_repeated_after_connection_errors() {
    assert_repeated(doc! { "closeConnection": true }).await;
}

#[tokio::test]
async fn a_repeated_commit_keeps_the_other_write_concern_options() {
    let mut concern = WriteConcern::default();
    concern.w = Some(Acknowledgment::Nodes(1));
    concern.journal = Some(true);
    concern.w_timeout = Some(Duration::from_secs(5));
    let Some(scenario) = Scenario::with(|options| options.write_concern = Some(concern)).await else { return };
    scenario.fail(times(2), for_commits(&doc! { "closeConnection": true })).await;
    let (outcome, runs) = scenario.insert().await;
    outcome.unwrap();
    assert_eq!((runs, scenario.ids().await), (1, vec![1]));
    let found = write_concerns(&scenario);
    let found: Vec<&Document> = found.iter().map(|one| one.as_ref().and_then(Bson::as_document).unwrap()).collect();
    for concern in &found {
        assert_eq!((concern.get_bool("j"), concern.get_i32("wtimeout")), (Ok(true), Ok(5_000)), "{concern}");
    }
    let w: Vec<Option<&Bson>> = found.iter().map(|concern| concern.get("w")).collect();
    assert_eq!(w, [Some(&1.into()), Some(&"majority".into()), Some(&"majority".into())]);
}

#[tokio::test]
async fn a_commit_is_repeated_after_not_writable_primary() {
    assert_repeated(doc! { "errorCode": 10_107 }).await;
}

#[tokio::test]
async fn a_commit_is_repeated_after_an_error_labelled_as_retryable() {
    assert_repeated(doc! { "errorCode": 10_107, "errorLabels": ["RetryableWriteError"] }).await;
}

#[tokio::test]
async fn a_commit_is_not_repeated_after_max_time_expired() {
    assert_final(doc! { "errorCode": 50 }, true, &[]).await;
}

#[tokio::test]
async fn a_transaction_runs_again_after_lock_timeout() {
    assert_runs_again(24).await;
}

#[tokio::test]
async fn a_transaction_runs_again_after_write_conflict() {
    assert_runs_again(112).await;
}

#[tokio::test]
async fn a_transaction_runs_again_after_snapshot_unavailable() {
    assert_runs_again(246).await;
}

#[tokio::test]
async fn a_transaction_runs_again_after_no_such_transaction() {
    assert_runs_again(251).await;
}

#[tokio::test]
async fn a_transaction_runs_again_after_prepared_transaction_in_progress() {
    assert_runs_again(267).await;
}

/// The error of a write concern. The commit itself succeeds.
fn concern(code: i32, name: &str, message: &str) -> Document {
    doc! { "writeConcernError": { "code": code, "codeName": name, "errmsg": message } }
}

#[tokio::test]
async fn a_commit_is_repeated_after_a_write_concern_timeout() {
    let mut data = concern(64, "WriteConcernFailed", "waiting for replication timed out");
    if let Ok(error) = data.get_document_mut("writeConcernError") {
        error.insert("errInfo", doc! { "wtimeout": true });
    }
    assert_repeated(data).await;
}

#[tokio::test]
async fn a_commit_is_repeated_after_a_write_concern_failure() {
    assert_repeated(concern(64, "WriteConcernFailed", "multiple errors reported")).await;
}

#[tokio::test]
async fn a_commit_is_not_repeated_after_an_unknown_write_concern() {
    assert_final(concern(79, "UnknownReplWriteConcern", "no mode of this name"), false, &[1]).await;
}

#[tokio::test]
async fn a_commit_is_not_repeated_after_an_unsatisfiable_write_concern() {
    assert_final(concern(100, "UnsatisfiableWriteConcern", "not enough nodes"), false, &[1]).await;
}

#[tokio::test]
async fn a_commit_is_not_repeated_after_its_write_concern_exceeded_the_time_limit() {
    assert_final(concern(50, "MaxTimeMSExpired", "operation exceeded time limit"), true, &[1]).await;
}

#[tokio::test]
async fn a_transaction_has_no_options_by_default() {
    let Some(scenario) = Scenario::begin().await else { return };
    scenario.insert().await.0.unwrap();
    for command in ["insert", "commitTransaction"] {
        let sent = &scenario.sent(command)[0];
        assert!(!sent.contains_key("readConcern") && !sent.contains_key("writeConcern"), "{sent}");
    }
}

#[tokio::test]
async fn a_transaction_has_the_options_of_the_client() {
    let scenario = Scenario::with(|options| {
        options.read_concern = Some(ReadConcern::local());
        options.write_concern = Some(WriteConcern::nodes(1));
    });
    let Some(scenario) = scenario.await else { return };
    scenario.insert().await.0.unwrap();
    let (insert, commit) = (&scenario.sent("insert")[0], &scenario.sent("commitTransaction")[0]);
    assert_eq!(insert.get_document("readConcern"), Ok(&doc! { "level": "local" }));
    assert_eq!(commit.get_document("writeConcern"), Ok(&doc! { "w": 1 }));
    assert!(!insert.contains_key("writeConcern") && !commit.contains_key("readConcern"));
    assert_eq!(scenario.ids().await, [1]);
}
