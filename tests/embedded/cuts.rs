//! Deletes that change embedded documents, with the connection cut at every command.

use earnorm::mongodb::bson::Document;
use earnorm::prelude::*;
use earnorm_testkit::TestDb;
use earnorm_tests::{Cut, clients, documents};

use crate::models::{Product, Supplier, shop};

async fn state(db: &earnorm::mongodb::Database) -> Vec<Vec<Document>> {
    let mut state = Vec::new();
    for collection in ["orders", "carts", "suppliers", "products"] {
        state.push(documents(db, collection).await);
    }
    state
}

/// With transactions, a cut delete did all or nothing, and running it again completes it.
#[tokio::test]
async fn a_delete_that_is_cut_is_complete_or_not_started() {
    let expected = {
        let test = TestDb::new().await.unwrap();
        shop(test.db()).await;
        let before = state(test.db()).await;
        Supplier { id: 1 }.delete(test.db()).await.unwrap();
        let product = Product::get(test.db(), 3).await.unwrap().unwrap();
        product.delete(test.db()).await.unwrap();
        (before, state(test.db()).await)
    };
    for cut in Cut::all(1..=12) {
        let (test, proxy) = TestDb::with_proxy().await.unwrap();
        let (db, direct) = clients(&test, &proxy, "serverSelectionTimeoutMS=2000&retryWrites=true").await;
        shop(&direct).await;
        let product = Product::get(&direct, 3).await.unwrap().unwrap();
        cut.and_stay_down(&proxy);
        let outcome = Supplier { id: 1 }.delete(&db).await;
        let after = state(&direct).await;
        if outcome.is_ok() {
            assert_ne!(after, expected.0, "{cut}");
        }
        Supplier { id: 1 }.delete(&direct).await.unwrap();
        product.delete(&direct).await.unwrap();
        assert_eq!(state(&direct).await, expected.1, "{cut}");
    }
}

/// Without transactions, a delete that was cut can be run to its end.
#[tokio::test]
async fn a_delete_on_a_standalone_server_can_be_run_again() {
    for cut in Cut::all(1..=10) {
        let (test, proxy) = TestDb::standalone().await.unwrap();
        let (db, direct) = clients(&test, &proxy, "serverSelectionTimeoutMS=2000").await;
        shop(&direct).await;
        cut.and_stay_down(&proxy);
        let _cut = Supplier { id: 1 }.delete(&db).await;
        Supplier { id: 1 }.delete(&direct).await.unwrap();
        let left = state(&direct).await;
        assert!(left[2].iter().all(|supplier| supplier.get_i64("_id") != Ok(1)), "{cut}");
        let text = format!("{:?}", left[0]);
        assert!(!text.contains("\"supplierId\": Int64(1)"), "{cut}: {text}");
    }
}
