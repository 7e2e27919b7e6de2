//! Values that look like operators, patterns or paths are used as values.

use earnorm::prelude::*;
use earnorm_testkit::TestDb;
use earnorm_tests::database;
use serde_json::{Value, json};

/// Values as a client may send them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Parcel {
    #[serde(rename = "_id")]
    id: i32,
    label: String,
    content: Value,
    list: Vec<Value>,
}

async fn parcels(test: &TestDb) {
    let parcels = [
        (1, "$gt", json!(5), vec![json!(1), json!(2)]),
        (2, "a.b", json!({ "$gt": 1 }), vec![json!({ "$gt": 0 })]),
        (3, ".*", json!({ "size": 1, "more": true }), vec![json!({ "a": 1, "b": 2 }), json!({ "a": 1 })]),
        (4, "", json!(null), vec![]),
    ];
    let parcels = parcels.map(|(id, label, content, list)| Parcel { id, label: label.to_owned(), content, list });
    Parcel::insert_many(test.db(), &parcels).await.unwrap();
}

async fn found(test: &TestDb, filter: earnorm::Filter<Parcel>) -> Vec<i32> {
    let query = Parcel::find(filter).order_by(Parcel::ID.asc());
    query.all(test.db()).await.unwrap().iter().map(|parcel| parcel.id).collect()
}

#[tokio::test]
async fn strings_that_look_like_operators_are_values() {
    let test = database().await;
    parcels(&test).await;
    for (label, id) in [("$gt", 1), ("a.b", 2), (".*", 3), ("", 4)] {
        assert_eq!(found(&test, Parcel::LABEL.eq(label)).await, [id]);
        assert_eq!(found(&test, Parcel::LABEL.is_in([label])).await, [id]);
    }
    let mut parcel = Parcel::get(test.db(), 4).await.unwrap().unwrap();
    parcel.update(test.db(), Parcel::LABEL.set("$label")).await.unwrap();
    assert_eq!(parcel.label, "$label");
}

#[tokio::test]
async fn sub_documents_that_look_like_operators_are_values() {
    let test = database().await;
    parcels(&test).await;
    let greater = json!({ "$gt": 1 });
    assert_eq!(found(&test, Parcel::CONTENT.eq(&greater)).await, [2]);
    assert_eq!(found(&test, Parcel::CONTENT.ne(&greater)).await, [1, 3, 4]);
    assert_eq!(found(&test, Parcel::CONTENT.is_in([&greater])).await, [2]);
    assert_eq!(found(&test, Parcel::CONTENT.not_in([&greater])).await, [1, 3, 4]);
    // equal to the whole sub-document; a sub-document with more fields doesn't match
    assert!(found(&test, Parcel::CONTENT.eq(json!({ "size": 1 }))).await.is_empty());
    assert_eq!(found(&test, Parcel::CONTENT.at("size").eq(1)).await, [3]);
    assert!(found(&test, Parcel::CONTENT.at("size").eq(json!({ "$gt": 0 }))).await.is_empty());
    assert!(found(&test, Parcel::CONTENT.eq(json!({ "$exists": true }))).await.is_empty());
}

#[tokio::test]
async fn array_items_that_look_like_operators_are_values() {
    let test = database().await;
    parcels(&test).await;
    let greater = json!({ "$gt": 0 });
    assert_eq!(found(&test, Parcel::LIST.contains(&greater)).await, [2]);
    assert_eq!(found(&test, Parcel::LIST.contains_all([&greater])).await, [2]);
    assert_eq!(found(&test, Parcel::LIST.contains(json!({ "a": 1 }))).await, [3]);
    assert!(found(&test, Parcel::LIST.contains(json!({ "b": 2 }))).await.is_empty());
}

#[tokio::test]
async fn pull_removes_only_equal_items() {
    let test = database().await;
    let db = test.db();
    parcels(&test).await;
    Parcel::find_all().update(db, Parcel::LIST.pull(json!({ "$gt": 0 }))).await.unwrap();
    Parcel::find_all().update(db, Parcel::LIST.pull(json!({ "a": 1 }))).await.unwrap();
    let lists: Vec<_> = Parcel::find_all().order_by(Parcel::ID.asc()).all(db).await.unwrap();
    let lists: Vec<_> = lists.into_iter().map(|parcel| Value::Array(parcel.list)).collect();
    assert_eq!(lists, [json!([1, 2]), json!([]), json!([{ "a": 1, "b": 2 }]), json!([])]);
    Parcel::find_all().update(db, Parcel::CONTENT.at("no").unset()).await.unwrap();
    Parcel::update_by_id(db, 1, Parcel::LIST.pull(json!(1))).await.unwrap();
    assert_eq!(Parcel::get(db, 1).await.unwrap().unwrap().list, [json!(2)]);
}

#[tokio::test]
async fn push_adds_the_item_unchanged() {
    let test = database().await;
    let db = test.db();
    parcels(&test).await;
    let each = json!({ "$each": [7, 8] });
    let mut parcel = Parcel::get(db, 4).await.unwrap().unwrap();
    parcel.update(db, Parcel::LIST.push(&each)).await.unwrap();
    assert_eq!(parcel.list, std::slice::from_ref(&each));
    parcel.update(db, Parcel::LIST.add_to_set(&each)).await.unwrap();
    parcel.update(db, Parcel::LIST.add_to_set(json!([7, 8]))).await.unwrap();
    assert_eq!(parcel.list, [each, json!([7, 8])]);
}

#[tokio::test]
async fn set_stores_the_value_unchanged() {
    let test = database().await;
    let db = test.db();
    parcels(&test).await;
    let mut parcel = Parcel::get(db, 4).await.unwrap().unwrap();
    let content = json!({ "$inc": { "n": 1 }, "a.b": "$label" });
    parcel.update(db, Parcel::CONTENT.set(&content)).await.unwrap();
    assert_eq!(parcel.content, content);
    assert_eq!(found(&test, Parcel::CONTENT.eq(content)).await, [4]);
}
