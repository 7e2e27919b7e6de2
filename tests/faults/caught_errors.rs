//! Bodies that catch the error of a failed command. The failure has ended the transaction on the server.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use earnorm::prelude::*;
use earnorm::{Error, Result};
use earnorm_testkit::TestDb;
use earnorm_tests::database;

use crate::ids;
use crate::model::{Coin, Purse, purse};

/// Runs a body, and returns the outcome and how often the body ran. Panics if that takes long.
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
async fn a_caught_duplicate_is_returned_without_a_retry() {
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

/// A later step fails because the transaction has ended. That error alone would be retried.
#[tokio::test]
async fn a_caught_duplicate_takes_precedence_over_errors_of_later_steps() {
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
async fn the_error_that_the_body_returns_takes_precedence() {
    let test = database().await;
    let db = test.db();
    purse(1).insert(db).await.unwrap();
    let (outcome, runs) = run!(db, async |tx| purse(1).insert(tx).await.map(|_| ()).map_err(|_| Error::other("taken")));
    assert_eq!((outcome.unwrap_err().to_string(), runs), ("taken".to_owned(), 1));
}

#[tokio::test]
async fn caught_errors_of_all_writes_are_returned() {
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
    // changing an `_id` is an error of the server
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
async fn caught_errors_of_all_reads_are_returned() {
    let test = database().await;
    let db = test.db();
    purse(1).insert(db).await.unwrap();
    let invalid = || Purse::find(doc! { "$no": 1 });
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
        "all": |tx| invalid().all(tx),
        "first": |tx| invalid().first(tx),
        "count": |tx| invalid().count(tx),
        "exists": |tx| invalid().exists(tx),
        "stream": |tx| invalid().stream(tx).into_future(),
        "with": |tx| invalid().with(Purse::COINS).all(tx),
        "plan_delete": |tx| invalid().plan_delete(tx),
        "lookup": |tx| invalid().with(Purse::COINS).strategy(Strategy::Lookup).all(tx),
    }
    assert_eq!(ids(db, "purses").await, [1]);
}

#[tokio::test]
async fn a_caught_error_of_a_cascade_is_returned() {
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
async fn an_error_that_a_hook_caught_is_returned() {
    let test = database().await;
    let db = test.db();
    purse(1).insert(db).await.unwrap();
    let begun = Instant::now();
    let outcome = Clerk { id: 1 }.insert(db).await.map(|_| ());
    assert!(is_duplicate(&outcome, "Purse"), "{outcome:?}");
    assert!(begun.elapsed() < Duration::from_secs(5));
    assert!(ids(db, "clerks").await.is_empty());
}

/// Failures outside the server don't end the transaction, so its other writes are committed.
#[tokio::test]
async fn caught_errors_before_sending_or_after_the_reply_are_not_returned() {
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
        // more than the driver sends in one command; the first command of the transaction
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

/// A lost connection may or may not have ended the transaction, and another attempt may succeed.
#[tokio::test]
async fn a_caught_connection_error_runs_the_body_again() {
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
    // the second attempt conflicts too if the server has not yet aborted the first
    assert!(runs >= 2, "{runs}");
    assert_eq!(ids(db, "purses").await, [1, 2, 3]);
}
