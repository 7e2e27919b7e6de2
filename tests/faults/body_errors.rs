//! `try_transaction`: bodies with their own error type.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use earnorm::bounds::TransactionBody;
use earnorm::mongodb::Database;
use earnorm::prelude::*;
use earnorm::{Error, try_transaction};
use earnorm_testkit::{TestDb, assert_commands};
use earnorm_tests::database;
use tokio::sync::Barrier;

use crate::ids;
use crate::model::{Coin, Purse, purse};

/// An application's error. Like the error of many web applications, it isn't a `std::error::Error`.
#[derive(Debug)]
enum App {
    Poor { gold: i64 },
    Number,
    Database(Error),
}

impl From<Error> for App {
    fn from(error: Error) -> Self {
        Self::Database(error)
    }
}

impl From<std::num::ParseIntError> for App {
    fn from(_: std::num::ParseIntError) -> Self {
        Self::Number
    }
}

/// A user's function that wraps a body.
async fn count_runs<R, F>(db: &Database, runs: &AtomicU32, body: F) -> Result<R, App>
where
    F: Clone + for<'a> AsyncFnOnce(&'a Transaction) -> Result<R, App>,
{
    try_transaction(db, async |tx| {
        runs.fetch_add(1, Ordering::SeqCst);
        body(tx).await
    })
    .await
}

#[tokio::test]
async fn ok_commits_and_an_error_aborts() {
    let test = database().await;
    let db = test.db();
    // insert and commit
    let stored: Result<Purse, App> =
        assert_commands!(test, 2, try_transaction(db, async |tx| Ok(purse(1).insert(tx).await?)).await);
    assert_eq!(stored.unwrap(), purse(1));
    // insert and abort
    let poor = assert_commands!(test, 2, {
        try_transaction::<App, (), _>(db, async |tx| {
            let gold = purse(2).insert(tx).await?.gold;
            Err(App::Poor { gold })
        })
        .await
    });
    assert!(matches!(poor, Err(App::Poor { gold: 0 })));
    let other = try_transaction::<App, i64, _>(db, async |tx| {
        purse(3).insert(tx).await?;
        Ok("three".parse::<i64>()?)
    });
    assert!(matches!(other.await, Err(App::Number)));
    assert_eq!(ids(db, "purses").await, [1]);
}

#[tokio::test]
async fn a_boxed_error_can_be_the_error_type() {
    let test = database().await;
    let db = test.db();
    purse(1).insert(db).await.unwrap();
    let outcome = try_transaction::<Box<dyn std::error::Error + Send + Sync>, (), _>(db, async |tx| {
        purse(1).insert(tx).await?;
        Ok(())
    });
    let error = outcome.await.unwrap_err();
    assert!(matches!(error.downcast_ref(), Some(Error::Duplicate { model: "Purse", .. })), "{error:?}");
}

#[derive(Debug)]
struct OutOfStock;

/// A user's conversion, for `?` in the body of a `transaction`.
impl From<OutOfStock> for Error {
    fn from(_: OutOfStock) -> Self {
        Self::other("out of stock")
    }
}

#[tokio::test]
async fn a_user_error_that_converts_to_error_works_in_a_transaction() {
    let test = database().await;
    let outcome = earnorm::transaction(test.db(), async |tx| {
        purse(1).insert(tx).await?;
        Err::<(), _>(OutOfStock)?;
        Ok(())
    });
    assert_eq!(outcome.await.unwrap_err().to_string(), "out of stock");
    assert!(ids(test.db(), "purses").await.is_empty());
}

async fn with_bound<F: Clone + TransactionBody<(), App>>(db: Database, body: F) -> Result<(), App> {
    try_transaction(&db, body).await
}

/// Two transactions both read before either writes. One of them gets a write conflict, wrapped in the body's error.
#[tokio::test(flavor = "multi_thread")]
async fn a_wrapped_write_conflict_runs_the_body_again() {
    let test = database().await;
    let db = test.db();
    purse(1).insert(db).await.unwrap();
    let (runs, both_have_read) = (Arc::new(AtomicU32::new(0)), Arc::new(Barrier::new(2)));
    let tasks: Vec<_> = (0..2)
        .map(|_| {
            let (runs, barrier) = (Arc::clone(&runs), Arc::clone(&both_have_read));
            let first = Arc::new(AtomicU32::new(1));
            tokio::spawn(with_bound(db.clone(), async move |tx| {
                runs.fetch_add(1, Ordering::SeqCst);
                let before = Purse::get(tx, 1).await?.map_or(0, |purse| purse.gold);
                if first.swap(0, Ordering::SeqCst) == 1 {
                    barrier.wait().await;
                }
                Purse::update_by_id(tx, 1, Purse::GOLD.set(before + 1)).await?;
                Ok(())
            }))
        })
        .collect();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    assert_eq!(Purse::get(db, 1).await.unwrap().unwrap().gold, 2);
    assert!(runs.load(Ordering::SeqCst) > 2, "no body ran again");
}

#[tokio::test]
async fn a_lost_connection_runs_the_body_again() {
    let (test, proxy) = TestDb::with_proxy().await.unwrap();
    let db = test.db();
    Coin { id: 0, purse_id: 0 }.insert(db).await.unwrap();
    proxy.heal();
    proxy.only(["insert"]);
    proxy.cut_after(2);
    let runs = AtomicU32::new(0);
    let outcome = count_runs(db, &runs, async |tx| {
        purse(1).insert(tx).await?;
        Ok(purse(2).insert(tx).await?)
    });
    assert_eq!(outcome.await.unwrap(), purse(2));
    // a third run if the server still has the locks of the first
    assert!((2..=3).contains(&runs.into_inner()));
    assert_eq!(ids(db, "purses").await, [1, 2]);
}

#[tokio::test]
async fn a_caught_error_is_returned_in_the_error_of_the_body() {
    let test = database().await;
    let db = test.db();
    purse(1).insert(db).await.unwrap();
    let runs = AtomicU32::new(0);
    let caught = count_runs(db, &runs, async |tx| {
        let _ = purse(1).insert(tx).await;
        Ok(())
    });
    let caught = caught.await;
    assert!(matches!(caught, Err(App::Database(Error::Duplicate { model: "Purse", .. }))), "{caught:?}");
    // insert and abort; the step after the failed insert is not sent
    let later = assert_commands!(test, 2, {
        count_runs(db, &runs, async |tx| {
            let _ = purse(1).insert(tx).await;
            Ok(Purse::get(tx, 1).await?)
        })
        .await
    });
    let Err(App::Database(Error::TransactionEnded { reason, source })) = later else { panic!("{later:?}") };
    assert!(reason.contains("earlier command failed"), "{reason}");
    assert!(source.is_some_and(|source| source.to_string().contains("E11000")));
    assert_eq!(runs.into_inner(), 2);
}

/// Only the body sees these errors.
#[tokio::test]
async fn errors_of_the_borrowed_session_run_the_body_three_times() {
    let test = database().await;
    let db = test.db();
    purse(1).insert(db).await.unwrap();
    let runs = AtomicU32::new(0);
    let outcome = count_runs(db, &runs, async |tx| {
        let mut session = tx.session().await;
        let written = Purse::collection(tx.database()).insert_one(purse(1)).session(&mut *session).await;
        written.map(drop).map_err(|error| App::Database(error.into()))
    });
    let outcome = outcome.await;
    assert!(matches!(outcome, Err(App::Database(Error::Driver(_)))), "{outcome:?}");
    assert_eq!(runs.swap(0, Ordering::SeqCst), 3);
    // an error with another cause, after the session was borrowed
    let outcome = count_runs(db, &runs, async |tx| {
        let mut session = tx.session().await;
        Purse::collection(tx.database()).insert_one(purse(2)).session(&mut *session).await.map_err(Error::from)?;
        Err::<(), _>(App::Number)
    });
    assert!(matches!(outcome.await, Err(App::Number)));
    assert_eq!((runs.into_inner(), ids(db, "purses").await), (1, vec![1]));
}

#[tokio::test]
async fn try_transaction_on_a_standalone_server_is_a_no_transactions_error() {
    let (test, _proxy) = TestDb::standalone().await.unwrap();
    let outcome: Result<Purse, App> = try_transaction(test.db(), async |tx| Ok(purse(1).insert(tx).await?)).await;
    assert!(matches!(outcome, Err(App::Database(Error::NoTransactions(_)))), "{outcome:?}");
}

#[tokio::test]
async fn a_missing_server_is_waited_for_once() {
    let db = earnorm::connect("mongodb://127.0.0.1:1/gone?serverSelectionTimeoutMS=300").await.unwrap();
    let (runs, begun) = (AtomicU32::new(0), std::time::Instant::now());
    let outcome = count_runs(&db, &runs, async |tx| Ok(purse(1).insert(tx).await?)).await;
    assert!(matches!(outcome, Err(App::Database(Error::Driver(_)))), "{outcome:?}");
    assert!(begun.elapsed() < Duration::from_secs(10) && runs.into_inner() <= 1);
}
