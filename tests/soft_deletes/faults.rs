//! Deletes, restores and purges whose connection is cut at every command.

use std::collections::BTreeMap;

use earnorm::mongodb::Database;
use earnorm::mongodb::bson::Document;
use earnorm::prelude::*;
use earnorm::{Deletion, restore};
use earnorm_testkit::{FaultProxy, TestDb};
use earnorm_tests::{Cut, clients};
use futures_util::future::join_all;

use crate::models::{Person, Post, community, person, state};

type State = BTreeMap<&'static str, Vec<Document>>;

const OPTIONS: &str = "serverSelectionTimeoutMS=1500";

/// A community in which a post was deleted on Monday, and its state before that.
async fn world(standalone: bool) -> (TestDb, FaultProxy, Database, Database) {
    let (test, proxy) =
        if standalone { TestDb::standalone().await.unwrap() } else { TestDb::with_proxy().await.unwrap() };
    let (faulty, direct) = clients(&test, &proxy, OPTIONS).await;
    community(&direct).await;
    Post::get(&direct, 22).await.unwrap().unwrap().delete(&direct).await.unwrap();
    proxy.heal();
    (test, proxy, faulty, direct)
}

/// The number of commands of a delete and of a restore without faults.
async fn commands(standalone: bool) -> (usize, usize, usize) {
    let (_test, proxy, faulty, _) = world(standalone).await;
    let report = person(2).delete(&faulty).await.unwrap();
    assert_eq!(report.in_transaction(), !standalone);
    assert_eq!(report.to_string(), "1 person, 3 posts, 1 profile, 3 comments deleted");
    let delete = proxy.seen();
    proxy.heal();
    assert_eq!(restore(&faulty, report.deletion()).await.unwrap().restored(), 8);
    let restored = proxy.seen();
    person(2).delete(&faulty).await.unwrap();
    proxy.heal();
    Person::deleted().purge(&faulty).await.unwrap();
    (delete, restored, proxy.seen())
}

/// Nothing is marked as unfinished.
fn assert_finished(state: &State, cut: Cut) {
    let text = format!("{state:?}");
    assert!(!text.contains("\"open\""), "{cut}: {text}");
}

#[tokio::test]
async fn in_a_transaction_each_is_atomic() {
    let (delete, restored, purge) = commands(false).await;
    join_all(Cut::all(1..=delete).map(|cut| async move {
        let (_test, proxy, faulty, direct) = world(false).await;
        let before = state(&direct).await;
        cut.once(&proxy);
        match person(2).delete(&faulty).await {
            Ok(report) => drop(restore(&direct, report.deletion()).await.unwrap()),
            Err(_) if state(&direct).await == before => {}
            // the reply to the commit was lost
            Err(_) => drop(restore(&direct, Person::deleted().one(&direct).await.unwrap().deleted).await.unwrap()),
        }
        assert_eq!(state(&direct).await, before, "{cut}");
    }))
    .await;
    join_all(Cut::all(1..=restored).map(|cut| async move {
        let (_test, proxy, faulty, direct) = world(false).await;
        let before = state(&direct).await;
        let deletion = person(2).delete(&direct).await.unwrap().deletion();
        let marked = state(&direct).await;
        cut.once(&proxy);
        let outcome = restore(&faulty, deletion).await;
        let after = state(&direct).await;
        assert!(after == before || outcome.is_err() && after == marked, "{cut}");
    }))
    .await;
    join_all(Cut::all(1..=purge).map(|cut| async move {
        let (_test, proxy, faulty, direct) = world(false).await;
        person(2).delete(&direct).await.unwrap();
        let marked = state(&direct).await;
        cut.once(&proxy);
        if Person::deleted().purge(&faulty).await.is_err() && state(&direct).await == marked {
            Person::deleted().purge(&direct).await.unwrap();
        }
        assert_eq!(Person::with_deleted().count(&direct).await.unwrap(), 2, "{cut}");
        assert_eq!(Post::with_deleted().count(&direct).await.unwrap(), 5, "{cut}");
    }))
    .await;
}

#[tokio::test]
async fn without_transactions_a_delete_can_be_run_again_and_restored() {
    let (delete, ..) = commands(true).await;
    // the first two commands belong to the attempted transaction; they are refused and never forwarded
    join_all(Cut::all(3..=delete).map(|cut| async move {
        let (test, proxy, faulty, direct) = world(true).await;
        let before = state(&direct).await;
        cut.and_stay_down(&proxy);
        assert!(person(2).delete(&faulty).await.is_err(), "{cut}");
        proxy.heal();
        let again = clients(&test, &proxy, OPTIONS).await.0;
        let report = person(2).delete(&again).await.unwrap();
        let marked = state(&direct).await;
        assert_finished(&marked, cut);
        assert_eq!(Person::find_all().count(&direct).await.unwrap(), 2, "{cut}");
        assert_eq!(Post::find_all().count(&direct).await.unwrap(), 5, "{cut}");
        // only if the last command was executed and its reply was lost, the second call has nothing to do
        let last: Option<Deletion> = Person::deleted().one(&direct).await.unwrap().deleted;
        assert!(report.deletion().is_none() || report.deletion() == last, "{cut}");
        restore(&again, last).await.unwrap();
        assert_eq!(state(&direct).await, before, "{cut}");
    }))
    .await;
}

#[tokio::test]
async fn without_transactions_a_delete_of_many_can_be_run_again_and_restored() {
    let (_test, proxy, faulty, _) = world(true).await;
    Person::find_all().delete(&faulty).await.unwrap();
    let commands = proxy.seen();
    join_all(Cut::all(3..=commands).map(|cut| async move {
        let (test, proxy, faulty, direct) = world(true).await;
        let before = state(&direct).await;
        cut.and_stay_down(&proxy);
        assert!(Person::find_all().delete(&faulty).await.is_err(), "{cut}");
        proxy.heal();
        let again = clients(&test, &proxy, OPTIONS).await.0;
        Person::find_all().delete(&again).await.unwrap();
        assert_finished(&state(&direct).await, cut);
        assert_eq!(Post::find_all().count(&direct).await.unwrap(), 0, "{cut}");
        restore(&again, Person::deleted().first(&direct).await.unwrap().unwrap().deleted).await.unwrap();
        assert_eq!(state(&direct).await, before, "{cut}");
    }))
    .await;
}

#[tokio::test]
async fn without_transactions_a_restore_can_be_run_again() {
    let (_, restored, _) = commands(true).await;
    join_all(Cut::all(3..=restored).map(|cut| async move {
        let (test, proxy, faulty, direct) = world(true).await;
        let before = state(&direct).await;
        let deletion = person(2).delete(&direct).await.unwrap().deletion();
        cut.and_stay_down(&proxy);
        assert!(restore(&faulty, deletion).await.is_err(), "{cut}");
        // no document is restored before what it belongs to
        if !Post::find(Post::AUTHOR_ID.eq(2)).exists(&direct).await.unwrap() {
            assert_eq!(
                state(&direct).await["soft_posts"].iter().filter(|post| post.get_document("deletedBy").is_ok()).count(),
                4
            );
        }
        proxy.heal();
        let again = clients(&test, &proxy, OPTIONS).await.0;
        restore(&again, deletion).await.unwrap();
        assert_eq!(state(&direct).await, before, "{cut}");
    }))
    .await;
}

#[tokio::test]
async fn without_transactions_a_purge_can_be_run_again() {
    let (_, _, purge) = commands(true).await;
    let (_test, _, _, direct) = world(true).await;
    person(2).delete(&direct).await.unwrap();
    Person::deleted().purge(&direct).await.unwrap();
    let after = &state(&direct).await;
    join_all(Cut::all(3..=purge).map(|cut| async move {
        let (test, proxy, faulty, direct) = world(true).await;
        person(2).delete(&direct).await.unwrap();
        cut.and_stay_down(&proxy);
        assert!(Person::deleted().purge(&faulty).await.is_err(), "{cut}");
        proxy.heal();
        let again = clients(&test, &proxy, OPTIONS).await.0;
        Person::deleted().purge(&again).await.unwrap();
        let mut now = state(&direct).await;
        for (collection, documents) in after {
            let stored = now.remove(collection).unwrap_or_default();
            assert_eq!(stored.len(), documents.len(), "{cut}: {collection}");
        }
    }))
    .await;
}
