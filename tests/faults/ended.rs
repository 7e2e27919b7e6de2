//! Transactions that a call on the lent session ends.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use earnorm::mongodb::bson::Document;
use earnorm::prelude::*;
use earnorm::{Error, Result};

use crate::model::{Purse, purse};
use crate::{database, ids};

fn is_ended<T>(outcome: &Result<T>) -> bool {
    matches!(outcome, Err(Error::TransactionEnded { .. }))
}

#[tokio::test]
async fn after_an_abort_further_steps_fail() {
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
async fn after_an_abort_or_a_commit_the_whole_is_an_error() {
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
    assert_eq!(ids(db, "purses").await, [2], "what that commit has stored");
}

#[tokio::test]
async fn after_a_commit_further_steps_fail() {
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
async fn another_transaction_on_the_lent_session_is_not_taken_for_the_first() {
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

/// A second loan runs in a transaction that is undone, and not outside of any.
#[tokio::test]
async fn after_an_abort_what_is_sent_on_a_second_loan_is_undone() {
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
async fn the_bodys_own_error_comes_back_after_an_abort_by_hand() {
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
async fn a_lent_session_that_comes_back_in_its_transaction_changes_nothing() {
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

/// EarnORM doesn't see how calls on a lent session go. It sees that there is nothing to commit.
#[tokio::test]
async fn a_failure_on_the_lent_session_that_is_caught_ends_after_three_runs() {
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
    assert!(std::error::Error::source(&outcome.unwrap_err()).is_some(), "what the server says to the commit");
    assert_eq!(runs.into_inner(), 3);
    assert!(begun.elapsed() < Duration::from_secs(5));
    assert_eq!(ids(db, "purses").await, [1]);
}
