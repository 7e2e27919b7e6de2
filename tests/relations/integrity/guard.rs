//! What a guard is for: a parent that is deleted while a child is being written.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use earnorm::mongodb::Database;
use earnorm::prelude::*;
use earnorm::{Error, Result};
use earnorm_testkit::assert_commands;

use crate::database;

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

/// The parent goes, with its children, between the moment from which the child's transaction sees the database, and its
/// write.
async fn insert_while_the_parent_goes<P: Model>(db: &Database, child: Child, parent: P) -> (Result<()>, u32) {
    let runs = Arc::new(AtomicU32::new(0));
    let outcome = earnorm::transaction(db, async |tx| {
        // from here on the transaction sees the database as it is now
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
async fn without_a_guard_there_is_a_window() {
    let test = database().await;
    let db = test.db();
    let parent = Plain { id: 1 }.insert(db).await.unwrap();
    let child = Child { id: 1, plain_id: Some(1), guarded_id: None };
    let (outcome, runs) = insert_while_the_parent_goes(db, child, parent).await;
    outcome.unwrap();
    assert_eq!(runs, 1, "nothing stood in the way");
    assert_eq!(Plain::get(db, 1).await.unwrap(), None);
    let orphan = Child::get(db, 1).await.unwrap().unwrap();
    assert!(matches!(orphan.plain().require(db).await.unwrap_err(), Error::Dangling { .. }));
}

#[tokio::test]
async fn with_a_guard_there_is_none() {
    let test = database().await;
    let db = test.db();
    let parent = Guarded { id: 1, rev: 0 }.insert(db).await.unwrap();
    let child = Child { id: 1, plain_id: None, guarded_id: Some(1) };
    let (outcome, runs) = insert_while_the_parent_goes(db, child, parent).await;
    let error = outcome.unwrap_err();
    assert!(matches!(error, Error::MissingReference { model: "Child", field: "guarded_id", .. }), "{error:?}");
    assert_eq!(runs, 2, "the conflict ran it again, and then the parent was gone");
    assert_eq!(Child::find_all().count(db).await.unwrap(), 0);
}

/// The other way round: who deletes meets the conflict, runs again, and then finds the child.
#[tokio::test]
async fn a_delete_that_comes_second_finds_the_child() {
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

/// Both at once, over and over: either the child is refused, or it goes with its parent.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_wins_no_orphan_is_left() {
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
async fn the_counter_is_the_check() {
    let test = database().await;
    let db = test.db();
    Guarded::insert_many(db, &[1, 2].map(|id| Guarded { id, rev: 0 })).await.unwrap();
    let child = |id: i32, parent: i32| Child { id, plain_id: None, guarded_id: Some(parent) };
    let (outcome, sent) = test.log().record(child(1, 1).insert_checked(db)).await;
    outcome.unwrap();
    assert_eq!(sent.names(), ["update", "insert", "commitTransaction"], "{sent}");
    assert_eq!(Guarded::get(db, 1).await.unwrap().unwrap().rev, 1);
    // only where it doesn't find them all is there a question, of which isn't there
    let (outcome, sent) = test.log().record(Child::insert_many_checked(db, &[child(2, 2), child(3, 9)])).await;
    let error = outcome.unwrap_err();
    assert!(matches!(error, Error::MissingReference { ref id, .. } if **id == 9.into()), "{error:?}");
    assert_eq!(sent.names(), ["update", "find", "abortTransaction"], "{sent}");
    assert_eq!(Guarded::get(db, 2).await.unwrap().unwrap().rev, 0, "undone");
    // a check alone writes nothing
    assert_commands!(test, 1, { child(4, 1).validate_references(db).await.unwrap() });
    assert_eq!(Guarded::get(db, 1).await.unwrap().unwrap().rev, 1);
}
