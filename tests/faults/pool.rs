//! Many tasks with few connections. Plain writes that wait for a transaction leave it a connection for its commit.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use earnorm::Result;
use earnorm::mongodb::Database;
use earnorm::prelude::*;
use earnorm_testkit::TestDb;
use tokio::time::{sleep, timeout};

use crate::model::{Coin, Purse, purse};

/// The number of documents that all tasks write to.
const SHARED: i32 = 3;

async fn with_pool(pool: Option<u32>) -> TestDb {
    let test = TestDb::with_options(|options| options.max_pool_size = pool).await.unwrap();
    for id in 0..SHARED {
        purse(id).insert(test.db()).await.unwrap();
    }
    test
}

async fn in_transaction(db: &Database, n: i32) -> Result<()> {
    earnorm::transaction(db, async |tx| {
        Purse::update_by_id(tx, n % SHARED, Purse::GOLD.inc(1)).await?;
        sleep(Duration::from_millis(2)).await;
        Purse::get(tx, 0).await?;
        Purse::update_by_id(tx, (n + 1) % SHARED, Purse::GOLD.inc(1)).await.map(drop)
    })
    .await
}

/// Doesn't update many documents at once: the local server blocks while one of those waits, which `mongod` doesn't.
async fn plain_call(db: &Database, n: i32) -> Result<()> {
    match n % 4 {
        0 => Purse::update_by_id(db, n % SHARED, Purse::GOLD.inc(2)).await.map(drop),
        1 => purse(n % SHARED).save(db).await,
        2 => purse(n % SHARED).update(db, Purse::GOLD.inc(2)).await,
        _ => Purse::get(db, n % SHARED).await.map(|_| ()),
    }
}

/// The longest duration of all calls of 32 tasks in three seconds. `handle` returns the database for each task.
async fn longest_call(handle: impl Fn() -> Database) -> Duration {
    let longest = Arc::new(AtomicU64::new(0));
    let end = Instant::now() + Duration::from_secs(3);
    let tasks: Vec<_> = (0..32)
        .map(|task| {
            let (db, longest) = (handle(), Arc::clone(&longest));
            tokio::spawn(async move {
                for n in task.. {
                    let begun = Instant::now();
                    if begun >= end {
                        break;
                    }
                    let call =
                        async { if task % 3 == 0 { in_transaction(&db, n).await } else { plain_call(&db, n).await } };
                    call.await.unwrap();
                    let took = u64::try_from(begun.elapsed().as_millis()).unwrap();
                    longest.fetch_max(took, Ordering::Relaxed);
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    Duration::from_millis(longest.load(Ordering::Relaxed))
}

#[tokio::test(flavor = "multi_thread")]
async fn plain_writes_and_transactions_complete_with_the_default_pool() {
    let test = with_pool(None).await;
    let longest = longest_call(|| test.db().clone()).await;
    assert!(longest < Duration::from_secs(5), "{longest:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn plain_writes_and_transactions_complete_with_a_pool_of_two() {
    let test = with_pool(Some(2)).await;
    let longest = longest_call(|| test.db().clone()).await;
    assert!(longest < Duration::from_secs(5), "{longest:?}");
}

/// Each task has its own database handle of the same client.
#[tokio::test(flavor = "multi_thread")]
async fn handles_of_one_client_share_its_pool() {
    let test = with_pool(Some(4)).await;
    let longest = longest_call(|| test.client().database(test.name())).await;
    assert!(longest < Duration::from_secs(5), "{longest:?}");
}

/// More writes of all kinds than there are connections wait for the writes of a transaction.
#[tokio::test(flavor = "multi_thread")]
async fn waiting_writes_leave_a_connection_for_the_transaction() {
    let test = with_pool(Some(3)).await;
    let db = test.db();
    // the document for deletes by a query, apart from the others
    purse(SHARED).insert(db).await.unwrap();
    Purse::find_all().count(db).await.unwrap();
    earnorm::transaction(db, async |tx| {
        for id in 0..=SHARED {
            Purse::update_by_id(tx, id, Purse::GOLD.inc(1)).await?;
        }
        let writes = (0..12).map(|n| {
            let db = db.clone();
            tokio::spawn(async move {
                let id = n % SHARED;
                match n / SHARED {
                    0 => purse(id).save(&db).await,
                    1 => purse(id).update(&db, Purse::GOLD.inc(1)).await,
                    2 => Coin { id: n, purse_id: id }.insert_checked(&db).await.map(|_| ()),
                    _ => Purse::find(Purse::ID.eq(SHARED)).delete(&db).await.map(|_| ()),
                }
            })
        });
        let writes: Vec<_> = writes.collect();
        sleep(Duration::from_millis(300)).await;
        // reads, and steps of the transaction, find a connection
        let found = timeout(Duration::from_secs(2), Purse::find_all().count(db)).await;
        assert_eq!(found.unwrap()?, 4);
        let step = timeout(Duration::from_secs(2), Purse::get(tx, 0)).await;
        assert!(step.unwrap()?.is_some());
        Ok(writes)
    })
    .await
    .map(|writes| async move {
        for write in writes {
            timeout(Duration::from_secs(5), write).await.unwrap().unwrap().unwrap();
        }
    })
    .unwrap()
    .await;
}

/// Plain writes of a body don't queue with the writes that wait for its transaction.
#[tokio::test(flavor = "multi_thread")]
async fn a_plain_write_in_a_body_does_not_wait_for_others() {
    let test = with_pool(Some(4)).await;
    let db = test.db();
    let begun = Instant::now();
    let waiting = earnorm::transaction(db, async |tx| {
        Purse::update_by_id(tx, 0, Purse::GOLD.inc(1)).await?;
        let blocked = || {
            let db = db.clone();
            tokio::spawn(async move { Purse::update_by_id(&db, 0, Purse::GOLD.inc(1)).await })
        };
        let waiting: Vec<_> = (0..8).map(|_| blocked()).collect();
        sleep(Duration::from_millis(200)).await;
        purse(100).insert(db).await?;
        let (a, b) = futures_util::join!(purse(101).insert(db), purse(102).insert(db));
        a.and(b)?;
        // nor does a second transaction within the body
        purse(100).delete(db).await?;
        Ok(waiting)
    })
    .await
    .unwrap();
    for write in waiting {
        write.await.unwrap().unwrap();
    }
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}

/// Writes are only limited while a transaction is open.
#[tokio::test(flavor = "multi_thread")]
async fn without_a_transaction_writes_use_all_connections() {
    let test = with_pool(Some(4)).await;
    let db = test.db();
    let mut session = test.client().start_session().await.unwrap();
    session.start_transaction().await.unwrap();
    let lock = db.collection::<earnorm::mongodb::bson::Document>("purses");
    lock.update_one(doc! { "_id": 0 }, doc! { "$set": { "x": 1 } }).session(&mut session).await.unwrap();
    let write = || {
        let db = db.clone();
        tokio::spawn(async move { Purse::update_by_id(&db, 0, Purse::GOLD.inc(1)).await })
    };
    let writes: Vec<_> = (0..3).map(|_| write()).collect();
    sleep(Duration::from_millis(100)).await;
    timeout(Duration::from_secs(1), Purse::update_by_id(db, 1, Purse::GOLD.inc(1))).await.unwrap().unwrap();
    session.commit_transaction().await.unwrap();
    for write in writes {
        write.await.unwrap().unwrap();
    }
}
