//! Futures that are dropped at each await point. No lock remains, and either all writes are done or none.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use earnorm::mongodb::Database;
use earnorm::mongodb::bson::Document;
use earnorm::prelude::*;
use earnorm_testkit::TestDb;
use earnorm_tests::{STRATEGIES, clients, database, direct_database};
use tokio::time::{sleep, timeout};

use crate::ids;
use crate::model::{Coin, Purse, purse};

/// A future that is polled a limited number of times.
struct Polls<F> {
    future: Pin<Box<F>>,
    left: usize,
}

/// Polls a future up to `times` times and drops it. `None` if it wasn't ready by then.
async fn poll_at_most<F: Future>(future: F, times: usize) -> Option<F::Output> {
    Polls { future: Box::pin(future), left: times }.await
}

impl<F: Future> Future for Polls<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        self.left -= 1;
        match self.future.as_mut().poll(cx) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending if self.left == 0 => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    }
}

/// Writes to the same collections with another client, which waits for any lock that remains.
async fn assert_unlocked(other: &Database, when: &str) {
    // an update of many documents blocks the local server while it waits for a lock, so let it run the abort first
    sleep(Duration::from_millis(50)).await;
    let begun = Instant::now();
    let touched = async {
        for collection in ["purses", "coins"] {
            let all = other.collection::<Document>(collection);
            all.update_many(doc! {}, doc! { "$set": { "touched": true } }).await.unwrap();
            let new = all.insert_one(doc! { "_id": 1_000 }).await;
            new.and(all.delete_one(doc! { "_id": 1_000 }).await).unwrap();
        }
    };
    assert!(timeout(Duration::from_secs(20), touched).await.is_ok(), "{when}: a lock remains");
    assert!(begun.elapsed() < Duration::from_millis(1_500), "{when}: a lock remained for {:?}", begun.elapsed());
}

async fn fill(db: &Database) {
    purse(1).insert(db).await.unwrap();
    Coin::insert_many(db, &(1..=3).map(|id| Coin { id, purse_id: 1 }).collect::<Vec<_>>()).await.unwrap();
}

async fn clear(db: &Database) {
    for collection in ["purses", "coins"] {
        db.collection::<Document>(collection).delete_many(doc! {}).await.unwrap();
    }
}

#[tokio::test]
async fn a_dropped_transaction_leaves_no_lock() {
    let (test, other) = (database().await, direct_database(&database().await).await);
    let (db, other) = (test.db(), other.client().database(test.name()));
    fill(db).await;
    let mut dropped = 0;
    for polls in 1.. {
        clear(&other).await;
        fill(&other).await;
        let call = earnorm::transaction(db, async |tx| {
            Purse::update_by_id(tx, 1, Purse::GOLD.inc(1)).await?;
            purse(2).insert(tx).await?;
            tokio::task::yield_now().await;
            Purse::find_all().with(Purse::COINS).all(tx).await?;
            purse(2)
                .coins()
                .add_many(tx, [Coin { id: 11, purse_id: 0 }, Coin { id: 12, purse_id: 0 }])
                .await
                .map(|_| ())
        });
        let outcome = poll_at_most(call, polls).await;
        assert_unlocked(&other, &format!("after {polls} polls")).await;
        let state = (ids(&other, "purses").await, ids(&other, "coins").await);
        let (before, after) = ((vec![1], vec![1, 2, 3]), (vec![1, 2], vec![1, 2, 3, 11, 12]));
        match outcome {
            Some(outcome) => {
                outcome.unwrap();
                assert_eq!(state, after);
                break;
            }
            None => assert!(state == before || state == after, "after {polls} polls: {state:?}"),
        }
        assert_eq!(Purse::find_all().count(db).await.unwrap(), state.0.len() as u64, "the client still works");
        dropped += 1;
    }
    assert!(dropped >= 6, "every command has an await point: {dropped}");
}

/// Dropped at times rather than at polls, so that commands are in flight, or done on the server only.
#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_dropped_at_any_time_leaves_no_lock() {
    let test = database().await;
    let (db, other) = (test.db(), direct_database(&test).await);
    fill(db).await;
    for n in 0..150_u32 {
        let call = earnorm::transaction(db, async |tx| {
            Purse::update_by_id(tx, 1, Purse::GOLD.inc(1)).await?;
            Coin::find_all().update(tx, Coin::PURSE_ID.set(1)).await?;
            Purse::update_by_id(tx, 1, Purse::GOLD.inc(1)).await
        });
        let _ = timeout(Duration::from_micros(u64::from(n) * 20), call).await;
        if n % 10 == 0 {
            assert_unlocked(&other, &format!("after {n} * 20 us")).await;
            assert_eq!(Purse::get(&other, 1).await.unwrap().unwrap().gold % 2, 0, "both updates or none");
        }
    }
    earnorm::transaction(db, async |tx| Purse::update_by_id(tx, 1, Purse::GOLD.set(0)).await).await.unwrap();
}

#[tokio::test]
async fn a_dropped_delete_leaves_no_lock() {
    let test = database().await;
    let (db, other) = (test.db(), direct_database(&test).await);
    let mut dropped = 0;
    for polls in 1.. {
        clear(&other).await;
        fill(&other).await;
        let outcome = poll_at_most(purse(1).delete(db), polls).await;
        assert_unlocked(&other, &format!("after {polls} polls")).await;
        let state = (ids(&other, "purses").await, ids(&other, "coins").await);
        let (before, after) = ((vec![1], vec![1, 2, 3]), (vec![], vec![]));
        if let Some(outcome) = outcome {
            assert_eq!((outcome.unwrap().deleted(), state), (4, after));
            break;
        }
        assert!(state == before || state == after, "after {polls} polls: {state:?}");
        dropped += 1;
    }
    assert!(dropped >= 4, "every command has an await point: {dropped}");
}

#[tokio::test]
async fn a_dropped_eager_load_leaves_no_lock() {
    let test = database().await;
    let (db, other) = (test.db(), direct_database(&test).await);
    fill(db).await;
    for strategy in STRATEGIES {
        for polls in 1.. {
            let load = Purse::find_all().with(Purse::COINS.with(Coin::PURSE)).strategy(strategy).all(db);
            let outcome = poll_at_most(load, polls).await;
            assert_unlocked(&other, &format!("after {polls} polls")).await;
            if let Some(outcome) = outcome {
                assert_eq!(outcome.unwrap()[0].related(Purse::COINS).len(), 3);
                break;
            }
        }
    }
    assert_eq!(Purse::find_all().count(db).await.unwrap(), 1);
}

/// The caller is dropped while the commit is in flight. The commit still completes.
#[tokio::test]
async fn a_commit_completes_without_its_caller() {
    let (test, proxy) = TestDb::with_proxy().await.unwrap();
    let (db, other) = (test.db(), direct_database(&test).await);
    fill(db).await;
    proxy.heal();
    proxy.only(["commitTransaction"]);
    proxy.delay(1, Duration::from_millis(300));
    let call = earnorm::transaction(db, async |tx| purse(2).insert(tx).await.map(|_| ()));
    assert!(timeout(Duration::from_millis(200), call).await.is_err());
    sleep(Duration::from_millis(500)).await;
    assert_eq!(ids(&other, "purses").await, [1, 2]);
    assert_unlocked(&other, "after the commit").await;
}

/// The pool has one connection, and a long read holds it when the commit needs it.
#[tokio::test]
async fn a_commit_that_waits_for_a_connection_completes_without_its_caller() {
    let (test, proxy) = TestDb::with_proxy().await.unwrap();
    let (db, other) = clients(&test, &proxy, "maxPoolSize=1").await;
    fill(&other).await;
    Purse::find_all().count(&db).await.unwrap();
    proxy.heal();
    proxy.only(["aggregate"]);
    proxy.delay(1, Duration::from_millis(400));
    let slow = db.clone();
    let call = earnorm::transaction(&db, async |tx| {
        purse(2).insert(tx).await?;
        tokio::spawn(async move { Purse::find_all().count(&slow).await });
        proxy.struck().await;
        Ok(())
    });
    assert!(timeout(Duration::from_millis(200), call).await.is_err());
    assert_unlocked(&other, "once the commit has its connection").await;
    sleep(Duration::from_millis(300)).await;
    assert_eq!(ids(&other, "purses").await, [1, 2]);
}

/// The first command begins the transaction on the server.
#[tokio::test]
async fn a_transaction_dropped_during_its_first_command_is_aborted() {
    let (test, proxy) = TestDb::with_proxy().await.unwrap();
    let (db, other) = (test.db(), direct_database(&test).await);
    fill(db).await;
    proxy.heal();
    proxy.only(["findAndModify"]);
    for (late, cancel) in [(false, 100), (true, 100)] {
        // the request is delayed, or the reply
        if late {
            proxy.delay(1, Duration::from_millis(250));
        } else {
            proxy.delay(1, Duration::from_millis(50));
        }
        let call = earnorm::transaction(db, async |tx| {
            Purse::update_by_id(tx, 1, Purse::GOLD.inc(1)).await?;
            std::future::pending::<()>().await;
            Ok(())
        });
        assert!(timeout(Duration::from_millis(cancel), call).await.is_err());
        sleep(Duration::from_millis(250)).await;
        assert_unlocked(&other, &format!("late: {late}")).await;
        assert_eq!(Purse::get(&other, 1).await.unwrap().unwrap().gold, 0);
    }
}

/// A write that the body dropped may be done or not, so nothing is committed.
#[tokio::test]
async fn a_write_that_the_body_dropped_is_not_committed() {
    let (test, proxy) = TestDb::with_proxy().await.unwrap();
    let (db, other) = (test.db(), direct_database(&test).await);
    fill(db).await;
    for n in [1, 2] {
        proxy.heal();
        proxy.only(["findAndModify"]);
        proxy.delay(n, Duration::from_millis(100));
        let outcome = earnorm::transaction(db, async |tx| {
            for step in 1..=2 {
                let write = Purse::update_by_id(tx, 1, Purse::GOLD.inc(1));
                if step < n {
                    write.await?;
                } else {
                    let _ = timeout(Duration::from_millis(50), write).await;
                }
            }
            Ok(())
        });
        let outcome = outcome.await;
        assert!(matches!(outcome, Err(earnorm::Error::TransactionEnded { .. })), "{outcome:?}");
        sleep(Duration::from_millis(150)).await;
        assert_unlocked(&other, "after the drop").await;
        assert_eq!(Purse::get(&other, 1).await.unwrap().unwrap().gold, 0);
    }
}

#[tokio::test]
async fn a_dropped_call_on_the_borrowed_session_is_aborted() {
    let (test, proxy) = TestDb::with_proxy().await.unwrap();
    let (db, other) = (test.db(), direct_database(&test).await);
    fill(db).await;
    proxy.heal();
    proxy.only(["update"]);
    proxy.delay(1, Duration::from_millis(100));
    let call = earnorm::transaction(db, async |tx| {
        let purses = tx.database().collection::<Document>("purses");
        let update = doc! { "$inc": { "gold": 1 } };
        purses.update_one(doc! { "_id": 1 }, update).session(&mut *tx.session().await).await?;
        Ok(())
    });
    assert!(timeout(Duration::from_millis(50), call).await.is_err());
    sleep(Duration::from_millis(150)).await;
    assert_unlocked(&other, "after the drop").await;
    assert_eq!(Purse::get(&other, 1).await.unwrap().unwrap().gold, 0);
}
