//! Many tasks on few connections: plain writes that wait for a transaction leave it a connection for its commit.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use earnorm::Result;
use earnorm::mongodb::Database;
use earnorm::prelude::*;
use earnorm_testkit::TestDb;
use tokio::time::{sleep, timeout};

use crate::model::{Coin, Purse, purse};

/// Documents that all tasks write to.
const SHARED: i32 = 3;

async fn small(pool: Option<u32>) -> TestDb {
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

/// No update of many: the local server holds everything up while one waits, which `mongod` doesn't.
async fn plain(db: &Database, n: i32) -> Result<()> {
    match n % 4 {
        0 => Purse::update_by_id(db, n % SHARED, Purse::GOLD.inc(2)).await.map(drop),
        1 => purse(n % SHARED).save(db).await,
        2 => purse(n % SHARED).update(db, Purse::GOLD.inc(2)).await,
        _ => Purse::get(db, n % SHARED).await.map(|_| ()),
    }
}

/// The longest of all calls of 32 tasks in three seconds. `handle` gives each task its database.
async fn longest(handle: impl Fn() -> Database) -> Duration {
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
                    let call = async { if task % 3 == 0 { in_transaction(&db, n).await } else { plain(&db, n).await } };
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
async fn plain_writes_and_transactions_go_on_with_the_default_pool() {
    let test = small(None).await;
    let longest = longest(|| test.db().clone()).await;
    assert!(longest < Duration::from_secs(5), "{longest:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn plain_writes_and_transactions_go_on_with_a_pool_of_two() {
    let test = small(Some(2)).await;
    let longest = longest(|| test.db().clone()).await;
    assert!(longest < Duration::from_secs(5), "{longest:?}");
}

/// Each has a handle of the same client.
#[tokio::test(flavor = "multi_thread")]
async fn handles_of_one_client_share_its_pool() {
    let test = small(Some(4)).await;
    let longest = longest(|| test.client().database(test.name())).await;
    assert!(longest < Duration::from_secs(5), "{longest:?}");
}

/// Of all kinds of writes, more than there are connections wait for what a transaction has written.
#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_write_leaves_a_connection() {
    let test = small(Some(3)).await;
    let db = test.db();
    // apart from the others, which have to find theirs
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
        // reads and steps of the transaction find a connection
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

/// A body's own plain writes don't queue after writes that wait for that body.
#[tokio::test(flavor = "multi_thread")]
async fn a_plain_write_within_a_body_does_not_wait_for_others() {
    let test = small(Some(4)).await;
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
        // a transaction within the body is one more, and none of the waiting writes are its business
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

/// Where nothing waits, nothing is held back.
#[tokio::test(flavor = "multi_thread")]
async fn without_transactions_all_connections_serve_writes() {
    let test = small(Some(4)).await;
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
