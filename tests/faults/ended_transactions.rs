//! Transactions that are ended by a call on the borrowed session.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use earnorm::mongodb::bson::Document;
use earnorm::prelude::*;
use earnorm::{Error, Result};
use earnorm_tests::database;

use crate::ids;
use crate::model::{Purse, purse};

fn is_ended<T>(outcome: &Result<T>) -> bool {
    matches!(outcome, Err(Error::TransactionEnded { .. }))
}

#[tokio::test]
async fn steps_after_an_abort_fail() {
    let test = database().await;
    let db = test.db();
    let outcome: Result<()> = earnorm::transaction(db, async |tx| {
        purse(1).insert(tx).await?;
        tx.session().await.abort_transaction().await?;
        assert!(is_ended(&purse(2).insert(tx).await));
        assert!(is_ended(&Purse::find_all().all(tx).await));
        assert!(is_ended(&Purse::find_all().count(tx).await));
        assert!(is_ended(&purse(2).delete(tx).await));
        purse(3).insert(tx).await.map(|_| ())
    })
    .await;
    assert!(is_ended(&outcome), "{outcome:?}");
    assert!(ids(db, "purses").await.is_empty());
}

#[tokio::test]
async fn a_transaction_ended_by_its_body_is_an_error() {
    let test = database().await;
    let db = test.db();
    let aborted: Result<()> = earnorm::transaction(db, async |tx| {
        purse(1).insert(tx).await?;
        Ok(tx.session().await.abort_transaction().await?)
    })
    .await;
    assert!(is_ended(&aborted), "{aborted:?}");
    let committed: Result<()> = earnorm::transaction(db, async |tx| {
        purse(2).insert(tx).await?;
        Ok(tx.session().await.commit_transaction().await?)
    })
    .await;
    assert!(is_ended(&committed), "{committed:?}");
    assert_eq!(ids(db, "purses").await, [2], "the writes before the commit");
}

#[tokio::test]
async fn steps_after_a_commit_fail() {
    let test = database().await;
    let db = test.db();
    let outcome: Result<()> = earnorm::transaction(db, async |tx| {
        purse(1).insert(tx).await?;
        tx.session().await.commit_transaction().await?;
        let _ = purse(2).insert(tx).await;
        Ok(())
    })
    .await;
    assert!(is_ended(&outcome), "{outcome:?}");
    assert_eq!(ids(db, "purses").await, [1]);
}

#[tokio::test]
async fn a_new_transaction_on_the_borrowed_session_is_aborted() {
    let test = database().await;
    let db = test.db();
    let outcome: Result<()> = earnorm::transaction(db, async |tx| {
        purse(1).insert(tx).await?;
        let mut session = tx.session().await;
        session.abort_transaction().await?;
        session.start_transaction().await?;
        drop(session);
        let _ = purse(2).insert(tx).await;
        Ok(())
    })
    .await;
    assert!(is_ended(&outcome), "{outcome:?}");
    assert!(ids(db, "purses").await.is_empty());
}

/// Commands on a session borrowed again run in a new transaction that is aborted, not outside of any.
#[tokio::test]
async fn commands_on_a_session_borrowed_after_an_abort_are_undone() {
    let test = database().await;
    let db = test.db();
    let outcome: Result<()> = earnorm::transaction(db, async |tx| {
        purse(1).insert(tx).await?;
        tx.session().await.abort_transaction().await?;
        let purses = tx.database().collection::<Document>("purses");
        purses.insert_one(doc! { "_id": 2 }).session(&mut *tx.session().await).await?;
        Ok(())
    })
    .await;
    assert!(is_ended(&outcome), "{outcome:?}");
    assert!(ids(db, "purses").await.is_empty());
}

#[tokio::test]
async fn the_error_of_the_body_is_returned_after_its_abort() {
    let test = database().await;
    let outcome: Result<()> = earnorm::transaction(test.db(), async |tx| {
        purse(1).insert(tx).await?;
        tx.session().await.abort_transaction().await?;
        Err(Error::other("no"))
    })
    .await;
    assert_eq!(outcome.unwrap_err().to_string(), "no");
    assert!(ids(test.db(), "purses").await.is_empty());
}

#[tokio::test]
async fn a_borrowed_session_in_its_transaction_has_no_effect_on_the_commit() {
    let test = database().await;
    let db = test.db();
    let insert = |id| {
        let purses = db.collection::<Document>("purses");
        async move |session: &mut earnorm::mongodb::ClientSession| {
            purses.insert_one(doc! { "_id": id, "gold": 0_i64 }).session(session).await
        }
    };
    earnorm::transaction(db, async |tx| {
        drop(tx.session().await);
        purse(1).insert(tx).await?;
        insert(2)(&mut *tx.session().await).await?;
        insert(3)(&mut *tx.session().await).await?;
        assert_eq!(Purse::find_all().count(tx).await?, 3);
        Ok(())
    })
    .await
    .unwrap();
    earnorm::transaction(db, async |tx| Ok(insert(4)(&mut *tx.session().await).await?)).await.map(|_| ()).unwrap();
    assert_eq!(ids(db, "purses").await, [1, 2, 3, 4]);
}

/// EarnORM doesn't see the errors of calls on a borrowed session. It sees that the commit fails.
#[tokio::test]
async fn a_caught_error_on_the_borrowed_session_ends_after_three_runs() {
    let test = database().await;
    let db = test.db();
    purse(1).insert(db).await.unwrap();
    let (runs, begun) = (AtomicU32::new(0), Instant::now());
    let outcome: Result<()> = earnorm::transaction(db, async |tx| {
        runs.fetch_add(1, Ordering::SeqCst);
        purse(2).insert(tx).await?;
        let purses = tx.database().collection::<Document>("purses");
        let taken = purses.insert_one(doc! { "_id": 1 }).session(&mut *tx.session().await).await;
        assert!(taken.is_err());
        Ok(())
    })
    .await;
    assert!(is_ended(&outcome), "{outcome:?}");
    assert!(std::error::Error::source(&outcome.unwrap_err()).is_some(), "the error of the commit");
    assert_eq!(runs.into_inner(), 3);
    assert!(begun.elapsed() < Duration::from_secs(5));
    assert_eq!(ids(db, "purses").await, [1]);
}
