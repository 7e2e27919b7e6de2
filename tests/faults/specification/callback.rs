//! The body of a transaction: what it does and returns.

use earnorm::mongodb::bson::Document;
use earnorm::prelude::*;
use earnorm::{Error, Result};

use super::{Scenario, is_ended, run, times};
use crate::model::purse;

#[tokio::test]
async fn a_body_that_aborts_stores_nothing() {
    let Some(scenario) = Scenario::begin().await else { return };
    let (outcome, runs): (Result<()>, _) = run!(scenario.db(), async |tx| {
        purse(1).insert(tx).await?;
        Ok(tx.session().await.abort_transaction().await?)
    });
    assert!(is_ended(&outcome), "{outcome:?}");
    assert_eq!((runs, scenario.ids().await), (1, vec![]));
    assert_eq!(scenario.steps(), ["insert 1", "abortTransaction 1"]);
}

#[tokio::test]
async fn a_body_that_aborts_without_a_command_sends_nothing() {
    let Some(scenario) = Scenario::begin().await else { return };
    let (outcome, runs): (Result<()>, _) =
        run!(scenario.db(), async |tx| Ok(tx.session().await.abort_transaction().await?));
    assert!(is_ended(&outcome), "{outcome:?}");
    assert_eq!((runs, scenario.ids().await), (1, vec![]));
    assert!(scenario.steps().is_empty(), "{:?}", scenario.steps());
}

#[tokio::test]
async fn a_command_after_an_abort_on_the_same_session_runs_outside() {
    let Some(scenario) = Scenario::begin().await else { return };
    let (outcome, runs): (Result<()>, _) = run!(scenario.db(), async |tx| {
        purse(1).insert(tx).await?;
        let purses = tx.database().collection::<Document>("purses");
        let mut session = tx.session().await;
        session.abort_transaction().await?;
        purses.insert_one(doc! { "_id": 2, "gold": 0_i64 }).session(&mut *session).await?;
        Ok(())
    });
    assert!(is_ended(&outcome), "{outcome:?}");
    assert_eq!((runs, scenario.ids().await), (1, vec![2]));
    assert_eq!(scenario.steps(), ["insert 1", "abortTransaction 1", "insert 2"]);
    assert!(!scenario.sent("insert")[1].contains_key("autocommit"), "the write is outside of a transaction");
}

#[tokio::test]
async fn a_body_that_commits_stores_its_writes() {
    let Some(scenario) = Scenario::begin().await else { return };
    let (outcome, runs): (Result<()>, _) = run!(scenario.db(), async |tx| {
        purse(1).insert(tx).await?;
        purse(2).insert(tx).await?;
        Ok(tx.session().await.commit_transaction().await?)
    });
    assert!(is_ended(&outcome), "{outcome:?}");
    assert_eq!((runs, scenario.ids().await), (1, vec![1, 2]));
    assert_eq!(scenario.steps(), ["insert 1", "insert 1", "commitTransaction 1"]);
}

#[tokio::test]
async fn a_command_after_a_commit_on_the_same_session_runs_outside() {
    let Some(scenario) = Scenario::begin().await else { return };
    let (outcome, runs): (Result<()>, _) = run!(scenario.db(), async |tx| {
        purse(1).insert(tx).await?;
        let purses = tx.database().collection::<Document>("purses");
        let mut session = tx.session().await;
        session.commit_transaction().await?;
        purses.insert_one(doc! { "_id": 2, "gold": 0_i64 }).session(&mut *session).await?;
        Ok(())
    });
    assert!(is_ended(&outcome), "{outcome:?}");
    assert_eq!((runs, scenario.ids().await), (1, vec![1, 2]));
    assert_eq!(scenario.steps(), ["insert 1", "commitTransaction 1", "insert 2"]);
}

#[tokio::test]
async fn a_body_runs_again_after_connection_errors() {
    let Some(scenario) = Scenario::begin().await else { return };
    scenario.fail(times(2), doc! { "failCommands": ["insert"], "closeConnection": true }).await;
    let (outcome, runs) = scenario.insert().await;
    outcome.unwrap();
    assert_eq!((runs, scenario.ids().await), (3, vec![1]));
    assert_eq!((scenario.sent("insert").len(), scenario.sent("commitTransaction").len()), (3, 1));
}

#[tokio::test]
async fn a_body_does_not_run_again_after_a_duplicate_key() {
    let Some(scenario) = Scenario::begin().await else { return };
    let (outcome, runs): (Result<()>, _) = run!(scenario.db(), async |tx| {
        purse(1).insert(tx).await?;
        purse(1).insert(tx).await.map(|_| ())
    });
    assert!(matches!(outcome, Err(Error::Duplicate { model: "Purse", .. })), "{outcome:?}");
    assert_eq!((runs, scenario.ids().await), (1, vec![]));
    assert_eq!(scenario.steps(), ["insert 1", "insert 1", "abortTransaction 1"]);
}

#[tokio::test]
async fn an_error_of_the_body_is_returned_as_it_is() {
    let Some(scenario) = Scenario::begin().await else { return };
    let (outcome, runs): (Result<()>, _) = run!(scenario.db(), async |tx| {
        purse(1).insert(tx).await?;
        Err(Error::other("out of stock"))
    });
    assert_eq!((outcome.unwrap_err().to_string(), runs), ("out of stock".to_owned(), 1));
    assert!(scenario.ids().await.is_empty());
    assert_eq!(scenario.steps(), ["insert 1", "abortTransaction 1"]);
}

#[tokio::test]
async fn a_value_of_the_body_is_returned() {
    let Some(scenario) = Scenario::begin().await else { return };
    let (outcome, _) = run!(scenario.db(), async |tx| Ok(purse(1).insert(tx).await?.id + 41));
    assert_eq!(outcome.unwrap(), 42);
}
