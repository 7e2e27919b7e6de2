//! The limit of two minutes for retries of a transaction, with a clock that the tests move; and the pauses between
//! attempts.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use earnorm::Result;
use earnorm::prelude::*;

use super::{Scenario, labels, run, times};
use crate::model::purse;

/// Advances the runtime's clock.
async fn advance(seconds: u64) {
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(seconds)).await;
    tokio::time::resume();
}

/// A client that doesn't monitor its server while the clock moves. Otherwise each check would seem to time out.
async fn begin_without_monitoring() -> Option<Scenario> {
    Scenario::with(|options| options.heartbeat_freq = Some(Duration::from_secs(3_600))).await
}

#[tokio::test]
async fn a_body_does_not_run_again_after_the_limit() {
    let Some(scenario) = begin_without_monitoring().await else { return };
    scenario.fail("alwaysOn", doc! { "failCommands": ["insert"], "errorCode": 112 }).await;
    let (outcome, runs): (Result<()>, _) = run!(scenario.db(), async |tx| {
        advance(120).await;
        purse(1).insert(tx).await.map(|_| ())
    });
    assert_eq!(labels(&outcome), (true, false), "{outcome:?}");
    assert_eq!((runs, scenario.steps()), (1, vec!["insert 1".to_owned(), "abortTransaction 1".to_owned()]));
}

#[tokio::test]
async fn a_body_runs_again_just_before_the_limit() {
    let Some(scenario) = begin_without_monitoring().await else { return };
    scenario.fail(times(1), doc! { "failCommands": ["insert"], "errorCode": 112 }).await;
    let (outcome, runs): (Result<()>, _) = run!(scenario.db(), async |tx| {
        if scenario.sent("insert").is_empty() {
            advance(115).await;
        }
        purse(1).insert(tx).await.map(|_| ())
    });
    outcome.unwrap();
    assert_eq!((runs, scenario.ids().await), (2, vec![1]));
}

#[tokio::test]
async fn a_commit_is_not_repeated_after_the_limit() {
    let Some(scenario) = begin_without_monitoring().await else { return };
    let error = doc! { "code": 64, "codeName": "WriteConcernFailed", "errmsg": "multiple errors reported" };
    let data = doc! { "failCommands": ["commitTransaction"], "writeConcernError": error };
    scenario.fail("alwaysOn", data).await;
    let (outcome, runs): (Result<()>, _) = run!(scenario.db(), async |tx| {
        purse(1).insert(tx).await?;
        advance(120).await;
        Ok(())
    });
    assert_eq!(labels(&outcome), (false, true), "{outcome:?}");
    assert_eq!((runs, scenario.sent("commitTransaction").len()), (1, 1));
}

#[tokio::test]
async fn a_transaction_does_not_run_again_after_the_limit() {
    let Some(scenario) = begin_without_monitoring().await else { return };
    scenario.fail("alwaysOn", doc! { "failCommands": ["commitTransaction"], "errorCode": 251 }).await;
    let (outcome, runs): (Result<()>, _) = run!(scenario.db(), async |tx| {
        purse(1).insert(tx).await?;
        advance(120).await;
        Ok(())
    });
    assert_eq!(labels(&outcome), (true, false), "{outcome:?}");
    assert_eq!((runs, scenario.sent("commitTransaction").len()), (1, 1));
    assert!(scenario.ids().await.is_empty());
}

/// The pauses are random, and up to 430 ms after the eleventh failure. The longest is under 60 ms in less than one of a
/// thousand runs.
#[tokio::test]
async fn attempts_are_separated_by_pauses() {
    let Some(scenario) = Scenario::begin().await else { return };
    scenario.fail(times(12), doc! { "failCommands": ["insert"], "errorCode": 112 }).await;
    let ends = Mutex::new(Vec::new());
    let mut gaps = Vec::new();
    let (outcome, runs): (Result<()>, _) = run!(scenario.db(), async |tx| {
        let begun = Instant::now();
        let inserted = purse(1).insert(tx).await.map(|_| ());
        ends.lock().unwrap().push((begun, Instant::now()));
        inserted
    });
    outcome.unwrap();
    assert_eq!(runs, 13);
    for pair in ends.into_inner().unwrap().windows(2) {
        gaps.push(pair[1].0 - pair[0].1);
    }
    assert!(gaps.iter().max() >= Some(&Duration::from_millis(60)), "{gaps:?}");
}
