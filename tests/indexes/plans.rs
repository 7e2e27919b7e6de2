use earnorm::prelude::*;
use earnorm_testkit::assert_commands;
use earnorm_tests::database;

use crate::models::{Badge, Customer, Order, User, make, names};

#[tokio::test]
async fn a_second_call_makes_nothing() {
    let test = database().await;
    let db = test.db();
    let first = assert_commands!(test, 2, User::ensure_indexes(db).await.unwrap());
    let again = assert_commands!(test, 1, User::ensure_indexes(db).await.unwrap());
    assert_eq!((again.made.len(), again.present), (0, first.made.len()), "{again}");
    Order::ensure_indexes(db).await.unwrap();
    let (again, sent) = test.log().record(Order::ensure_indexes(db)).await;
    assert_eq!(again.unwrap().made, []);
    assert!(!sent.to_string().contains("createIndexes"), "{sent}");
}

#[tokio::test]
async fn all_models_are_one_plan() {
    let test = database().await;
    let db = test.db();
    // those of text and with a hash are refused by some servers
    let report = earnorm::ensure_indexes(db).await.unwrap();
    assert_eq!(earnorm::ensure_indexes(db).await.unwrap().made, [], "{report}");
    assert!(names(db, "users").await.contains(&"mail_1".to_owned()));
    assert!(names(db, "orders").await.contains(&"items.code_1".to_owned()));
}

#[tokio::test]
async fn a_declared_index_serves_the_relation_with_the_same_key() {
    let test = database().await;
    let db = test.db();
    Badge::ensure_indexes(db).await.unwrap();
    assert_eq!(names(db, "badges").await, ["one_badge"]);
    // the other side's model doesn't know the name, and finds the index
    assert_eq!(Customer::ensure_indexes(db).await.unwrap().made, []);
    let Err(earnorm::Error::Duplicate { index, .. }) = ({
        Badge { id: 1, customer_id: 1 }.insert(db).await.unwrap();
        Badge { id: 2, customer_id: 1 }.insert(db).await
    }) else {
        panic!("a duplicate")
    };
    assert_eq!(index, "one_badge");
}

#[tokio::test]
async fn a_longer_index_that_exists_is_used() {
    let test = database().await;
    let db = test.db();
    make(db, "orders", doc! { "customer_id": 1, "number": -1, "x": 1 }, doc! { "name": "mine" }).await;
    Order::ensure_indexes(db).await.unwrap();
    assert!(!names(db, "orders").await.contains(&"customer_id_1_number_-1".to_owned()));
    assert!(Order::check_indexes(db).await.unwrap().is_clean());
}

#[tokio::test]
async fn a_unique_index_is_made_beside_a_plain_one() {
    let test = database().await;
    let db = test.db();
    make(db, "users", doc! { "mail": 1 }, doc! { "name": "mail_1" }).await;
    let report = User::ensure_indexes(db).await.unwrap();
    assert!(names(db, "users").await.contains(&"mail_1_2".to_owned()), "{report}");
    assert_eq!(report.superseded.len(), 1, "{report}");
    assert_eq!(report.superseded[0].name, "mail_1");
    assert_eq!(report.dropped, []);
    assert_eq!(User::ensure_indexes(db).await.unwrap().made, []);
}

/// Nothing distinguishes them for the server but their options, so they have different names.
#[derive(Debug, Clone, Serialize, Deserialize, Model)]
#[index(code, unique)]
#[index(code, sparse)]
#[index(code, collation = doc! { "locale": "en" })]
#[index(code, partial = doc! { "rank": 1 })]
#[index(code, partial = doc! { "rank": 2 })]
#[index(code)]
struct Ticket {
    #[serde(rename = "_id")]
    id: i32,
    code: String,
    rank: i32,
}

#[tokio::test]
async fn indexes_on_one_field_are_made_beside_each_other() {
    let test = database().await;
    let db = test.db();
    Ticket::ensure_indexes(db).await.unwrap();
    // the unique one serves what the plain one would
    assert_eq!(names(db, "tickets").await, ["code_1", "code_1_en", "code_1_rank_1", "code_1_rank_2", "code_1_sparse"]);
    assert_eq!(Ticket::ensure_indexes(db).await.unwrap().made, []);
    assert!(Ticket::check_indexes(db).await.unwrap().is_clean());
}
