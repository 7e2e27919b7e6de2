//! Servers that are gone, and commits whose result is unknown.

use std::time::{Duration, Instant};

use earnorm::mongodb::Database;
use earnorm::prelude::*;
use earnorm::{Error, Result};
use earnorm_testkit::{FaultProxy, TestDb};
use futures_util::future::BoxFuture;

use crate::model::{Coin, Purse, purse};
use crate::{clients, ids};

#[derive(Debug, Clone, Serialize, Deserialize, Model)]
struct Token {
    #[serde(rename = "_id")]
    id: i32,
    #[relation(many_to_one, target = "Purse")]
    purse_id: i32,
}

#[derive(Debug, Clone, Serialize, Deserialize, Model)]
#[model(hooks)]
struct Guarded {
    #[serde(rename = "_id")]
    id: i32,
}

impl Hooks for Guarded {}

type Call = fn(Database) -> BoxFuture<'static, Result<()>>;

const CALLS: [(&str, Call); 7] = [
    ("insert", |db| Box::pin(async move { purse(2).insert(&db).await.map(|_| ()) })),
    ("delete", |db| Box::pin(async move { purse(1).delete(&db).await.map(|_| ()) })),
    ("plan_delete", |db| Box::pin(async move { Purse::find_all().plan_delete(&db).await.map(|_| ()) })),
    ("insert_checked", |db| {
        Box::pin(async move { Token { id: 1, purse_id: 1 }.insert_checked(&db).await.map(|_| ()) })
    }),
    ("insert with hooks", |db| Box::pin(async move { Guarded { id: 1 }.insert(&db).await.map(|_| ()) })),
    ("transaction", |db| {
        Box::pin(async move { earnorm::transaction(&db, async |tx| purse(2).insert(tx).await.map(|_| ())).await })
    }),
    ("caught in a transaction", |db| {
        Box::pin(async move {
            earnorm::transaction(&db, async |tx| {
                let _ = purse(2).insert(tx).await;
                Ok(())
            })
            .await
        })
    }),
];

async fn prepared() -> (TestDb, FaultProxy, Database, Database) {
    let (test, proxy) = TestDb::with_proxy().await.unwrap();
    let (faulty, sound) = clients(&test, &proxy, "serverSelectionTimeoutMS=1000").await;
    purse(1).insert(&sound).await.unwrap();
    // known to the client, so that it begins a transaction without a look for its server
    Purse::find_all().count(&faulty).await.unwrap();
    proxy.heal();
    (test, proxy, faulty, sound)
}

/// A search for a server takes as long as the client was told, once, whatever is called.
#[tokio::test]
async fn a_failed_server_selection_ends_every_call() {
    for (name, call) in CALLS {
        let (_test, proxy, faulty, _) = prepared().await;
        proxy.down();
        // once the driver has noticed
        let _ = Purse::find_all().count(&faulty).await;
        let begun = Instant::now();
        let error = call(faulty).await.unwrap_err();
        assert!(begun.elapsed() < Duration::from_millis(1_900), "{name}: {:?}, {error:?}", begun.elapsed());
    }
}

/// The first command finds a connection that is cut, so the search begins with the second.
#[tokio::test]
async fn a_server_that_goes_away_ends_every_call_after_one_search() {
    for (name, call) in CALLS {
        let (_test, proxy, faulty, _) = prepared().await;
        proxy.down_before(1);
        let begun = Instant::now();
        let error = call(faulty).await.unwrap_err();
        assert!(begun.elapsed() < Duration::from_millis(1_900), "{name}: {:?}, {error:?}", begun.elapsed());
    }
}

#[tokio::test]
async fn a_server_that_goes_away_in_the_middle_ends_the_transaction_after_one_search() {
    for before_commit in [false, true] {
        let (_test, proxy, faulty, sound) = prepared().await;
        if before_commit {
            proxy.only(["commitTransaction"]);
            proxy.down_before(1);
        } else {
            proxy.down_before(2);
        }
        let begun = Instant::now();
        // begun by a read: a transaction that can't be aborted any more keeps what it has written for a minute
        let outcome = earnorm::transaction(&faulty, async |tx| {
            Purse::get(tx, 1).await?;
            if before_commit { Ok(()) } else { purse(3).insert(tx).await.map(|_| ()) }
        });
        let error = outcome.await.unwrap_err();
        // the driver sends a commit again by itself, and searches for that
        let most = if before_commit { 2_900 } else { 1_900 };
        assert!(begun.elapsed() < Duration::from_millis(most), "{before_commit}: {:?}, {error:?}", begun.elapsed());
        proxy.heal();
        assert_eq!(ids(&sound, "purses").await, [1]);
    }
}

/// A body that gets over the loss of a server is still run again once there is one.
#[tokio::test]
async fn a_server_that_comes_back_within_the_search_is_used() {
    let (_test, proxy, faulty, sound) = prepared().await;
    proxy.down_before(2);
    let (outcome, ()) = tokio::join!(
        earnorm::transaction(&faulty, async |tx| {
            purse(2).insert(tx).await?;
            Coin { id: 1, purse_id: 2 }.insert(tx).await.map(|_| ())
        }),
        async {
            proxy.struck().await;
            tokio::time::sleep(Duration::from_millis(200)).await;
            proxy.heal();
        }
    );
    outcome.unwrap();
    assert_eq!((ids(&sound, "purses").await, ids(&sound, "coins").await), (vec![1, 2], vec![1]));
}

/// Answers every commit for five seconds in this way, and gives how many there were.
async fn commits(reply: earnorm::mongodb::bson::Document) -> (usize, Result<()>) {
    let (_test, proxy, faulty, _) = prepared().await;
    proxy.only(["commitTransaction"]);
    for n in 1..=5_000 {
        proxy.refuse(n, reply.clone());
    }
    let commits = async {
        proxy.struck().await;
        tokio::time::sleep(Duration::from_secs(5)).await;
        let seen = proxy.seen();
        proxy.heal();
        seen
    };
    let (outcome, commits) =
        tokio::join!(earnorm::transaction(&faulty, async |tx| purse(2).insert(tx).await.map(|_| ())), commits);
    (commits, outcome)
}

#[tokio::test]
async fn commits_of_unknown_result_are_repeated_with_pauses() {
    let unknown = doc! {
        "ok": 0, "code": 64, "codeName": "WriteConcernTimeout", "errmsg": "waiting for replication timed out",
        "errorLabels": ["UnknownTransactionCommitResult"],
    };
    let (commits, outcome) = commits(unknown).await;
    outcome.unwrap();
    assert!((10..=80).contains(&commits), "{commits} commits in 5 s");
}

#[tokio::test]
async fn a_commit_that_ran_out_of_time_is_not_repeated() {
    let expired = doc! { "ok": 0, "code": 50, "codeName": "MaxTimeMSExpired", "errmsg": "out of time" };
    let (commits, outcome) = commits(expired).await;
    assert!(matches!(outcome, Err(Error::Driver(_))), "{outcome:?}");
    assert_eq!(commits, 1);
    let expired = doc! { "code": 50, "codeName": "MaxTimeMSExpired", "errmsg": "out of time" };
    let (commits, outcome) = self::commits(doc! { "ok": 1, "writeConcernError": expired }).await;
    assert!(matches!(outcome, Err(Error::Driver(_))), "{commits} commits: {outcome:?}");
    assert_eq!(commits, 1, "nor if the write concern did");
}
