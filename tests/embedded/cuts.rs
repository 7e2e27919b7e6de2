//! Deletes that change embedded documents, with the connection cut at every command.

use std::collections::BTreeMap;

use earnorm::mongodb::Database;
use earnorm::mongodb::bson::Document;
use earnorm::prelude::*;
use earnorm_testkit::TestDb;
use earnorm_tests::{Cut, clients, documents};
use futures_util::future::join_all;

use crate::models::{Supplier, shop};

const OPTIONS: &str = "serverSelectionTimeoutMS=1500";

type State = BTreeMap<&'static str, Vec<Document>>;

async fn state(db: &Database) -> State {
    let mut state = BTreeMap::new();
    for collection in ["orders", "carts", "suppliers", "products"] {
        state.insert(collection, documents(db, collection).await);
    }
    state
}

/// The number of commands of a delete without faults, and the data after it.
async fn run_without_faults(standalone: bool) -> (usize, State) {
    let (test, proxy) =
        if standalone { TestDb::standalone().await.unwrap() } else { TestDb::with_proxy().await.unwrap() };
    let (faulty, direct) = clients(&test, &proxy, OPTIONS).await;
    shop(&direct).await;
    proxy.heal();
    let report = Supplier { id: 1 }.delete(&faulty).await.unwrap();
    assert_eq!((report.deleted(), report.unlinked(), report.in_transaction()), (1, 2, !standalone));
    (proxy.seen(), state(&direct).await)
}

#[tokio::test]
async fn a_delete_that_is_cut_did_all_or_nothing() {
    let (commands, after) = run_without_faults(false).await;
    let each = Cut::all(1..=commands).map(|cut| {
        let after = &after;
        async move {
            let (test, proxy) = TestDb::with_proxy().await.unwrap();
            let (faulty, direct) = clients(&test, &proxy, OPTIONS).await;
            shop(&direct).await;
            let before = state(&direct).await;
            proxy.heal();
            cut.once(&proxy);
            let outcome = Supplier { id: 1 }.delete(&faulty).await;
            let expected = if outcome.is_ok() { after } else { &before };
            assert_eq!(&state(&direct).await, expected, "{cut}; {outcome:?}");
        }
    });
    join_all(each).await;
}

#[tokio::test]
async fn a_delete_that_is_cut_without_transactions_is_completed_by_another() {
    let (commands, after) = run_without_faults(true).await;
    // the first two commands belong to the attempted transaction
    let each = Cut::all(3..=commands).map(|cut| {
        let after = &after;
        async move {
            let (test, proxy) = TestDb::standalone().await.unwrap();
            let (faulty, direct) = clients(&test, &proxy, OPTIONS).await;
            shop(&direct).await;
            proxy.heal();
            cut.and_stay_down(&proxy);
            assert!(Supplier { id: 1 }.delete(&faulty).await.is_err(), "{cut}");
            // the supplier is deleted last, so the next delete finds what is left
            if Supplier::get(&direct, 1).await.unwrap().is_some() {
                Supplier { id: 1 }.delete(&direct).await.unwrap();
            }
            assert_eq!(&state(&direct).await, after, "{cut}");
        }
    });
    join_all(each).await;
}
