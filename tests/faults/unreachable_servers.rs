//! Servers that are down, and commits with an unknown result.

use std::time::{Duration, Instant};

use earnorm::mongodb::Database;
use earnorm::prelude::*;
use earnorm::{Error, Result};
use earnorm_testkit::{FaultProxy, TestDb};
use earnorm_tests::clients;

use crate::model::{Coin, Purse, purse};
use crate::{Call, ids};

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

const CALLS: [(&str, Call); 7] = [
    ("insert", call!(|db| purse(2).insert(&db))),
    ("delete", call!(|db| purse(1).delete(&db))),
    ("plan_delete", call!(|db| Purse::find_all().plan_delete(&db))),
    ("insert_checked", call!(|db| Token { id: 1, purse_id: 1 }.insert_checked(&db))),
    ("insert with hooks", call!(|db| Guarded { id: 1 }.insert(&db))),
    ("transaction", call!(|db| earnorm::transaction(&db, async |tx| purse(2).insert(tx).await))),
    (
        "caught in a transaction",
        call!(|db| earnorm::transaction(&db, async |tx| {
            let _ = purse(2).insert(tx).await;
            Ok(())
        })),
    ),
];

async fn prepared() -> (TestDb, FaultProxy, Database, Database) {
    let (test, proxy) = TestDb::with_proxy().await.unwrap();
    let (faulty, direct) = clients(&test, &proxy, "serverSelectionTimeoutMS=1000").await;
    purse(1).insert(&direct).await.unwrap();
    // the client knows the server, so it begins a transaction without server selection
    Purse::find_all().count(&faulty).await.unwrap();
    proxy.heal();
    (test, proxy, faulty, direct)
}

/// The driver's server selection timeout passes once, whichever call is made.
#[tokio::test]
async fn every_call_fails_after_one_server_selection_if_the_server_is_down() {
    for (name, call) in CALLS {
        let (_test, proxy, faulty, _) = prepared().await;
        proxy.down();
        // until the driver has noticed
        let _ = Purse::find_all().count(&faulty).await;
        let begun = Instant::now();
        let error = call(faulty).await.unwrap_err();
        assert!(begun.elapsed() < Duration::from_millis(1_900), "{name}: {:?}, {error:?}", begun.elapsed());
    }
}

/// The first command finds its connection cut, so server selection begins with the second.
#[tokio::test]
async fn every_call_fails_after_one_server_selection_if_the_server_goes_down() {
    for (name, call) in CALLS {
        let (_test, proxy, faulty, _) = prepared().await;
        proxy.down_before(1);
        let begun = Instant::now();
        let error = call(faulty).await.unwrap_err();
        assert!(begun.elapsed() < Duration::from_millis(1_900), "{name}: {:?}, {error:?}", begun.elapsed());
    }
}

#[tokio::test]
async fn a_transaction_fails_after_one_server_selection_if_the_server_goes_down() {
    for before_commit in [false, true] {
        let (_test, proxy, faulty, direct) = prepared().await;
        if before_commit {
            proxy.only(["commitTransaction"]);
            proxy.down_before(1);
        } else {
            proxy.down_before(2);
        }
        let begun = Instant::now();
        // begins with a read: the server keeps the locks of writes for a minute if it receives no abort
        let outcome = earnorm::transaction(&faulty, async |tx| {
            Purse::get(tx, 1).await?;
            if before_commit { Ok(()) } else { purse(3).insert(tx).await.map(|_| ()) }
        });
        let error = outcome.await.unwrap_err();
        // the driver retries a commit, with another server selection
        let most = if before_commit { 2_900 } else { 1_900 };
        assert!(begun.elapsed() < Duration::from_millis(most), "{before_commit}: {:?}, {error:?}", begun.elapsed());
        proxy.heal();
        assert_eq!(ids(&direct, "purses").await, [1]);
    }
}

/// The body runs again when a server is available again.
#[tokio::test]
async fn a_server_that_comes_back_during_server_selection_is_used() {
    let (_test, proxy, faulty, direct) = prepared().await;
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
    assert_eq!((ids(&direct, "purses").await, ids(&direct, "coins").await), (vec![1, 2], vec![1]));
}

/// Refuses every commit with this reply for five seconds. Returns the number of commits and the outcome.
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
async fn commits_with_an_unknown_result_are_repeated_with_pauses() {
    let unknown = doc! {
        "ok": 0, "code": 64, "codeName": "WriteConcernTimeout", "errmsg": "waiting for replication timed out",
        "errorLabels": ["UnknownTransactionCommitResult"],
    };
    let (commits, outcome) = commits(unknown).await;
    outcome.unwrap();
    assert!((10..=80).contains(&commits), "{commits} commits in 5 s");
}

#[tokio::test]
async fn a_commit_that_exceeded_its_time_limit_is_not_repeated() {
    let expired = doc! { "ok": 0, "code": 50, "codeName": "MaxTimeMSExpired", "errmsg": "out of time" };
    let (commits, outcome) = commits(expired).await;
    assert!(matches!(outcome, Err(Error::Driver(_))), "{outcome:?}");
    assert_eq!(commits, 1);
    let expired = doc! { "code": 50, "codeName": "MaxTimeMSExpired", "errmsg": "out of time" };
    let (commits, outcome) = self::commits(doc! { "ok": 1, "writeConcernError": expired }).await;
    assert!(matches!(outcome, Err(Error::Driver(_))), "{commits} commits: {outcome:?}");
    assert_eq!(commits, 1, "also if only the write concern exceeded it");
}
