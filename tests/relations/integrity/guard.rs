//! Guards: a parent is deleted while a child is being written.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use earnorm::mongodb::Database;
use earnorm::prelude::*;
use earnorm::{Error, Result};
use earnorm_testkit::assert_commands;
use earnorm_tests::database;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[model(collection = "gd_plain")]
#[relation(one_to_many, name = "children", target = "Child", fk = "plain_id", cascade_delete)]
struct Plain {
    #[serde(rename = "_id")]
    id: i32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[model(collection = "gd_guarded", guard = "rev")]
#[relation(one_to_many, name = "children", target = "Child", fk = "guarded_id", cascade_delete)]
struct Guarded {
    #[serde(rename = "_id")]
    id: i32,
    #[serde(default, rename = "_rev")]
    rev: i64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[model(collection = "gd_children")]
struct Child {
    #[serde(rename = "_id")]
    id: i32,
    #[relation(many_to_one, target = "Plain")]
    plain_id: Option<i32>,
    #[relation(many_to_one, target = "Guarded")]
    guarded_id: Option<i32>,
}

/// Deletes the parent after the child's transaction has begun to read and before it writes.
async fn insert_while_deleting_the_parent<P: Model>(db: &Database, child: Child, parent: P) -> (Result<()>, u32) {
    let runs = Arc::new(AtomicU32::new(0));
    let outcome = earnorm::transaction(db, async |tx| {
        // the transaction's snapshot begins with this read
        Child::find_all().count(tx).await?;
        if runs.fetch_add(1, Ordering::SeqCst) == 0 {
            assert_eq!(parent.delete(db).await?.deleted(), 1);
        }
        child.clone().insert_checked(tx).await?;
        Ok(())
    })
    .await;
    (outcome, runs.load(Ordering::SeqCst))
}

#[tokio::test]
async fn a_concurrent_delete_leaves_an_orphan_without_a_guard() {
    let test = database().await;
    let db = test.db();
    let parent = Plain { id: 1 }.insert(db).await.unwrap();
    let child = Child { id: 1, plain_id: Some(1), guarded_id: None };
    let (outcome, runs) = insert_while_deleting_the_parent(db, child, parent).await;
    outcome.unwrap();
    assert_eq!(runs, 1, "there was no conflict");
    assert_eq!(Plain::get(db, 1).await.unwrap(), None);
    let orphan = Child::get(db, 1).await.unwrap().unwrap();
    assert!(matches!(orphan.plain().require(db).await.unwrap_err(), Error::Dangling { .. }));
}

#[tokio::test]
async fn a_guard_prevents_orphans() {
    let test = database().await;
    let db = test.db();
    let parent = Guarded { id: 1, rev: 0 }.insert(db).await.unwrap();
    let child = Child { id: 1, plain_id: None, guarded_id: Some(1) };
    let (outcome, runs) = insert_while_deleting_the_parent(db, child, parent).await;
    let error = outcome.unwrap_err();
    assert!(matches!(error, Error::MissingReference { model: "Child", field: "guarded_id", .. }), "{error:?}");
    assert_eq!(runs, 2, "the body ran again after the conflict and didn't find the parent");
    assert_eq!(Child::find_all().count(db).await.unwrap(), 0);
}

/// The delete meets the conflict, runs again and finds the child.
#[tokio::test]
async fn a_concurrent_delete_runs_again_and_finds_the_child() {
    let test = database().await;
    let db = test.db();
    let parent = Guarded { id: 1, rev: 0 }.insert(db).await.unwrap();
    let runs = AtomicU32::new(0);
    let deleted = earnorm::transaction(db, async |tx| {
        Child::find_all().count(tx).await?;
        if runs.fetch_add(1, Ordering::SeqCst) == 0 {
            Child { id: 1, plain_id: None, guarded_id: Some(1) }.insert_checked(db).await?;
        }
        parent.delete(tx).await
    });
    assert_eq!(deleted.await.unwrap().deleted(), 2);
    assert_eq!(runs.load(Ordering::SeqCst), 2);
    assert_eq!(Child::find_all().count(db).await.unwrap() + Guarded::find_all().count(db).await.unwrap(), 0);
}

/// Concurrent deletes and inserts: the child is refused, or deleted with its parent.
#[tokio::test(flavor = "multi_thread")]
async fn concurrent_inserts_and_deletes_leave_no_orphan() {
    let test = database().await;
    let db = test.db();
    for id in 0..20 {
        let parent = Guarded { id, rev: 0 }.insert(db).await.unwrap();
        let child = Child { id, plain_id: None, guarded_id: Some(id) };
        let (inserted, deleted) = futures_util::future::join(child.insert_checked(db), parent.delete(db)).await;
        let gone = deleted.unwrap().deleted();
        match inserted {
            Ok(_) => assert_eq!(gone, 2),
            Err(error) => assert!(matches!(error, Error::MissingReference { .. }) && gone == 1, "{error:?}"),
        }
    }
    assert_eq!(Child::find_all().count(db).await.unwrap(), 0);
}

#[tokio::test]
async fn incrementing_the_guard_checks_the_reference() {
    let test = database().await;
    let db = test.db();
    Guarded::insert_many(db, &[1, 2].map(|id| Guarded { id, rev: 0 })).await.unwrap();
    let child = |id: i32, parent: i32| Child { id, plain_id: None, guarded_id: Some(parent) };
    let (outcome, sent) = test.log().record(child(1, 1).insert_checked(db)).await;
    outcome.unwrap();
    assert_eq!(sent.names(), ["update", "insert", "commitTransaction"], "{sent}");
    assert_eq!(Guarded::get(db, 1).await.unwrap().unwrap().rev, 1);
    // only if the update doesn't find all parents, a query finds out which are missing
    let (outcome, sent) = test.log().record(Child::insert_many_checked(db, &[child(2, 2), child(3, 9)])).await;
    let error = outcome.unwrap_err();
    assert!(matches!(error, Error::MissingReference { ref id, .. } if **id == 9.into()), "{error:?}");
    assert_eq!(sent.names(), ["update", "find", "abortTransaction"], "{sent}");
    assert_eq!(Guarded::get(db, 2).await.unwrap().unwrap().rev, 0, "undone");
    // a check alone writes nothing
    assert_commands!(test, 1, { child(4, 1).validate_references(db).await.unwrap() });
    assert_eq!(Guarded::get(db, 1).await.unwrap().unwrap().rev, 1);
}
