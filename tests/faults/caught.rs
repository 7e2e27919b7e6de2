//! A body that catches the error of a failed command, which has ended its transaction on the server.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use earnorm::prelude::*;
use earnorm::{Error, Result};
use earnorm_testkit::TestDb;

use crate::model::{Coin, Purse, purse};
use crate::{database, ids};

/// Runs a body, and gives what it came to and how often it ran; fails if that takes long.
macro_rules! run {
    ($db:expr, async |$tx:ident| $body:expr) => {{
        let (runs, begun) = (AtomicU32::new(0), Instant::now());
        let outcome: Result<()> = earnorm::transaction($db, async |$tx| {
            runs.fetch_add(1, Ordering::SeqCst);
            $body
        })
        .await;
        assert!(begun.elapsed() < Duration::from_secs(5), "{:?}: {outcome:?}", begun.elapsed());
        (outcome, runs.into_inner())
    }};
}

fn is_duplicate(outcome: &Result<()>, model: &str) -> bool {
    matches!(outcome, Err(Error::Duplicate { model: found, index }) if *found == model && index == "_id_")
}

#[tokio::test]
async fn a_duplicate_is_returned_at_once() {
    let test = database().await;
    let db = test.db();
    purse(1).insert(db).await.unwrap();
    let (outcome, runs) = run!(db, async |tx| {
        purse(2).insert(tx).await?;
        let _ = purse(1).insert(tx).await;
        Ok(())
    });
    assert!(is_duplicate(&outcome, "Purse"), "{outcome:?}");
    assert_eq!((runs, ids(db, "purses").await), (1, vec![1]));
}

/// A later step fails because the transaction has ended. That failure alone would be retried.
#[tokio::test]
async fn a_duplicate_is_returned_in_place_of_what_a_later_step_meets() {
    let test = database().await;
    let db = test.db();
    purse(1).insert(db).await.unwrap();
    let (outcome, runs) = run!(db, async |tx| {
        match purse(1).insert(tx).await {
            Err(Error::Duplicate { .. }) => Purse::get(tx, 1).await.map(|_| ()),
            other => other.map(|_| ()),
        }
    });
    assert!(is_duplicate(&outcome, "Purse"), "{outcome:?}");
    assert_eq!(runs, 1);
}

#[tokio::test]
async fn an_error_of_the_bodys_own_counts_more() {
    let test = database().await;
    let db = test.db();
    purse(1).insert(db).await.unwrap();
    let (outcome, runs) = run!(db, async |tx| purse(1).insert(tx).await.map(|_| ()).map_err(|_| Error::other("taken")));
    assert_eq!((outcome.unwrap_err().to_string(), runs), ("taken".to_owned(), 1));
}

#[tokio::test]
async fn every_kind_of_write_is_remembered() {
    let test = database().await;
    let db = test.db();
    purse(1).insert(db).await.unwrap();
    Coin { id: 1, purse_id: 1 }.insert(db).await.unwrap();
    let (outcome, runs) = run!(db, async |tx| {
        let _ = Purse::insert_many(tx, &[purse(2), purse(1)]).await;
        Ok(())
    });
    assert!(is_duplicate(&outcome, "Purse") && runs == 1, "insert_many: {outcome:?}");
    let (outcome, runs) = run!(db, async |tx| {
        let _ = purse(1).coins().create(tx, Coin { id: 1, purse_id: 0 }).await;
        Ok(())
    });
    assert!(is_duplicate(&outcome, "Coin") && runs == 1, "create: {outcome:?}");
    // an `_id` can't be changed (66); `$inc` of nothing is no update (9)
    let changed = doc! { "$set": { "_id": 7 } };
    let (outcome, runs) = run!(db, async |tx| {
        let _ = Purse::update_by_id(tx, 1, changed.clone()).await;
        Ok(())
    });
    assert!(matches!(outcome, Err(Error::Driver(_))) && runs == 1, "update_by_id: {outcome:?}");
    let (outcome, runs) = run!(db, async |tx| {
        let _ = purse(1).update(tx, changed.clone()).await;
        Ok(())
    });
    assert!(matches!(outcome, Err(Error::Driver(_))) && runs == 1, "update: {outcome:?}");
    let (outcome, runs) = run!(db, async |tx| {
        let _ = Purse::find_all().update(tx, changed.clone()).await;
        Ok(())
    });
    assert!(matches!(outcome, Err(Error::Driver(_))) && runs == 1, "query update: {outcome:?}");
    let (outcome, runs) = run!(db, async |tx| {
        let _ = Coin::find(doc! { "$no": 1 }).delete(tx).await;
        Ok(())
    });
    assert!(matches!(outcome, Err(Error::Driver(_))) && runs == 1, "delete: {outcome:?}");
    assert_eq!((ids(db, "purses").await, ids(db, "coins").await), (vec![1], vec![1]));
}

#[tokio::test]
async fn every_kind_of_read_is_remembered() {
    let test = database().await;
    let db = test.db();
    purse(1).insert(db).await.unwrap();
    let wrong = || Purse::find(doc! { "$no": 1 });
    macro_rules! caught {
        ($($what:literal: |$tx:ident| $call:expr),* $(,)?) => {$(
            let (outcome, runs) = run!(db, async |$tx| {
                purse(2).insert($tx).await?;
                assert!($call.await.is_err(), $what);
                Ok(())
            });
            assert!(matches!(outcome, Err(Error::Driver(_))) && runs == 1, "{}: {outcome:?}", $what);
        )*};
    }
    caught! {
        "all": |tx| wrong().all(tx),
        "first": |tx| wrong().first(tx),
        "count": |tx| wrong().count(tx),
        "exists": |tx| wrong().exists(tx),
        "stream": |tx| wrong().stream(tx).into_future(),
        "with": |tx| wrong().with(Purse::COINS).all(tx),
        "plan_delete": |tx| wrong().plan_delete(tx),
        "lookup": |tx| wrong().with(Purse::COINS).strategy(Strategy::Lookup).all(tx),
    }
    assert_eq!(ids(db, "purses").await, [1]);
}

#[tokio::test]
async fn a_delete_that_fails_within_is_remembered() {
    let (test, proxy) = TestDb::with_proxy().await.unwrap();
    let db = test.db();
    purse(1).insert(db).await.unwrap();
    proxy.heal();
    proxy.only(["delete"]);
    proxy.refuse(1, doc! { "ok": 0, "code": 13, "codeName": "Unauthorized", "errmsg": "not yours" });
    let (outcome, runs) = run!(db, async |tx| {
        let _ = purse(1).delete(tx).await;
        Ok(())
    });
    assert!(outcome.unwrap_err().to_string().contains("not yours"));
    assert_eq!((runs, ids(db, "purses").await), (1, vec![1]));
}

#[derive(Debug, Clone, Serialize, Deserialize, Model)]
#[model(hooks)]
struct Clerk {
    #[serde(rename = "_id")]
    id: i32,
}

impl Hooks for Clerk {
    async fn before_save(&mut self, cx: &HookContext<'_>) -> Result<()> {
        let _ = purse(1).insert(cx).await;
        Ok(())
    }
}

#[tokio::test]
async fn what_a_hook_catches_is_remembered() {
    let test = database().await;
    let db = test.db();
    purse(1).insert(db).await.unwrap();
    let begun = Instant::now();
    let outcome = Clerk { id: 1 }.insert(db).await.map(|_| ());
    assert!(is_duplicate(&outcome, "Purse"), "{outcome:?}");
    assert!(begun.elapsed() < Duration::from_secs(5));
    assert!(ids(db, "clerks").await.is_empty());
}

/// They ended nothing, so what else was done counts.
#[tokio::test]
async fn what_never_reached_the_server_is_not_remembered() {
    #[derive(Debug, Clone, Serialize, Deserialize, Model)]
    #[model(collection = "sacks")]
    struct Sack {
        #[serde(rename = "_id")]
        id: i32,
        gold: u64,
        #[serde(default)]
        note: String,
    }
    #[derive(Debug, Clone, Serialize, Deserialize, Model)]
    #[model(collection = "sacks")]
    struct Bag {
        #[serde(rename = "_id")]
        id: i32,
        gold: i64,
    }
    #[derive(Debug, Clone, Serialize, Deserialize, Model)]
    #[model(collection = "sacks")]
    struct Label {
        #[serde(rename = "_id")]
        id: i32,
        gold: String,
    }
    let test = database().await;
    let db = test.db();
    let huge = "x".repeat(17 << 20);
    let (outcome, runs) = run!(db, async |tx| {
        // more than the driver sends, as the first command of all
        assert!(Sack { id: 1, gold: 1, note: huge.clone() }.insert(tx).await.is_err());
        Bag { id: 2, gold: 0 }.insert(tx).await?;
        assert!(Sack { id: 3, gold: u64::MAX, note: String::new() }.insert(tx).await.is_err());
        assert!(Sack { id: 3, gold: 1, note: huge.clone() }.insert(tx).await.is_err());
        assert!(matches!(Bag::get(tx, 9).await, Ok(None)));
        assert!(matches!(Bag::update_by_id(tx, 9, Bag::GOLD.inc(1)).await, Err(Error::NotFound { .. })));
        assert!(matches!(Label::find_all().all(tx).await, Err(Error::Decode { .. })));
        assert!(matches!(Label::get(tx, 2).await, Err(Error::Decode { .. })));
        Bag { id: 4, gold: 0 }.insert(tx).await.map(|_| ())
    });
    outcome.unwrap();
    assert_eq!((runs, ids(db, "sacks").await), (1, vec![2, 4]));
}

/// A lost connection may have ended the transaction or not; another attempt may go well.
#[tokio::test]
async fn a_passing_failure_runs_the_body_again() {
    let (test, proxy) = TestDb::with_proxy().await.unwrap();
    let db = test.db();
    purse(1).insert(db).await.unwrap();
    proxy.heal();
    proxy.only(["insert"]);
    proxy.cut_after(2);
    let (outcome, runs) = run!(db, async |tx| {
        purse(2).insert(tx).await?;
        let _ = purse(3).insert(tx).await;
        Ok(())
    });
    outcome.unwrap();
    // more than twice where the server has not yet aborted the first attempt, with which the second conflicts
    assert!(runs >= 2, "{runs}");
    assert_eq!(ids(db, "purses").await, [1, 2, 3]);
}
