//! Error codes of the server in every form of a reply.

use earnorm::Error;
use earnorm::mongodb::bson::Document;
use earnorm::prelude::*;
use earnorm_testkit::{FaultProxy, TestDb};

use crate::ids;
use crate::model::{Coin, Purse, purse};

/// A code as the error of a command, of a single write, and of a write concern.
fn forms(code: i32, message: &str) -> [(&'static str, Document); 3] {
    let failure = || doc! { "code": code, "codeName": "Name", "errmsg": message };
    let mut write = failure();
    write.insert("index", 0);
    let mut command = failure();
    command.insert("ok", 0);
    [
        ("command", command),
        ("write error", doc! { "ok": 1, "n": 0, "nModified": 0, "writeErrors": [write] }),
        ("write concern error", doc! { "ok": 1, "n": 0, "nModified": 0, "writeConcernError": failure() }),
    ]
}

async fn prepared() -> (TestDb, FaultProxy) {
    let (test, proxy) = TestDb::with_proxy().await.unwrap();
    purse(1).insert(test.db()).await.unwrap();
    Coin { id: 1, purse_id: 1 }.insert(test.db()).await.unwrap();
    proxy.heal();
    (test, proxy)
}

#[tokio::test]
async fn a_too_large_transaction_is_recognised_in_every_form() {
    for code in [257, 388] {
        for (form, reply) in forms(code, "too large") {
            for command in ["delete", "commitTransaction"] {
                if command == "commitTransaction" && form == "write error" {
                    continue;
                }
                let (test, proxy) = prepared().await;
                proxy.only([command]);
                proxy.refuse(1, reply.clone());
                let error = purse(1).delete(test.db()).await.unwrap_err();
                let fits = matches!(error, Error::TransactionTooLarge { documents: 1.., .. });
                assert!(fits, "{code} as {form} of {command}: {error:?}");
                assert_eq!(ids(test.db(), "coins").await, [1]);
            }
        }
    }
}

#[tokio::test]
async fn a_too_large_transaction_of_a_plan_is_recognised_in_every_form() {
    for (form, reply) in forms(388, "too large") {
        let (test, proxy) = prepared().await;
        let plan = Purse::find_all().plan_delete(test.db()).await.unwrap();
        proxy.heal();
        proxy.only(["delete"]);
        proxy.refuse(1, reply);
        let error = plan.execute(test.db()).await.unwrap_err();
        assert!(matches!(error, Error::TransactionTooLarge { .. }), "{form}: {error:?}");
    }
}

#[tokio::test]
async fn a_duplicate_is_recognised_in_every_form() {
    const MESSAGE: &str = "E11000 duplicate key error collection: db.purses index: gold_1 dup key: { gold: 0 }";
    for (form, reply) in forms(11_000, MESSAGE) {
        let (test, proxy) = prepared().await;
        let db = test.db();
        let is_duplicate =
            |error: &Error| matches!(error, Error::Duplicate { model: "Purse", index } if index == "gold_1");
        macro_rules! refused {
            ($($name:literal: $command:literal, $call:expr),* $(,)?) => {$(
                proxy.heal();
                proxy.only([$command]);
                proxy.refuse(1, reply.clone());
                let error = $call.await.map(|_| ()).unwrap_err();
                assert!(is_duplicate(&error), "{} as {form}: {error:?}", $name);
            )*};
        }
        refused! {
            "insert": "insert", purse(2).insert(db),
            "insert_many": "insert", Purse::insert_many(db, &[purse(2), purse(3)]),
            "save": "update", purse(1).save(db),
            "update_by_id": "findAndModify", Purse::update_by_id(db, 1, Purse::GOLD.set(1)),
            "update": "update", Purse::find_all().update(db, Purse::GOLD.set(1)),
        }
    }
}

#[tokio::test]
async fn a_standalone_server_is_recognised_by_its_first_reply_only() {
    for (form, reply) in forms(20, "Transaction numbers are only allowed on a replica set member or mongos") {
        let (test, proxy) = prepared().await;
        let db = test.db();
        proxy.only(["insert"]);
        proxy.refuse(1, reply.clone());
        let outcome = earnorm::transaction(db, async |tx| purse(2).insert(tx).await.map(|_| ())).await;
        assert!(matches!(outcome, Err(Error::NoTransactions(_))), "{form}: {outcome:?}");
        // after one successful command, the code must have another reason
        proxy.refuse(2, reply);
        let outcome = earnorm::transaction(db, async |tx| {
            purse(2).insert(tx).await?;
            purse(3).insert(tx).await.map(|_| ())
        });
        let outcome = outcome.await;
        assert!(matches!(outcome, Err(Error::Driver(_))), "{form}: {outcome:?}");
        assert_eq!(ids(db, "purses").await, [1]);
    }
}
