//! Repairs of arrays. Each array counts once, whatever the number of ids removed from it.

use earnorm::integrity;
use earnorm::mongodb::bson::Document;
use earnorm::prelude::*;
use earnorm_tests::database;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[model(collection = "ra_things")]
struct Thing {
    #[serde(rename = "_id")]
    id: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[model(collection = "ra_bags")]
struct Bag {
    #[serde(rename = "_id")]
    id: i32,
    #[relation(many_to_many, target = Thing)]
    thing_ids: Vec<String>,
}

async fn repair_bags(bags: Vec<Bag>) -> (usize, u64, Vec<usize>) {
    let test = database().await;
    let db = test.db();
    Thing { id: "kept".into() }.insert(db).await.unwrap();
    Bag::insert_many(db, &bags).await.unwrap();
    let report = integrity::scan(db).await.unwrap();
    let (repaired, sent) = test.log().record(report.repair(db, Repair::Unlink)).await;
    let repaired = repaired.unwrap();
    assert_eq!((repaired.deleted, repaired.skipped), (0, 0));
    assert_eq!(repaired.keys.iter().map(|key| key.unlinked).collect::<Vec<_>>(), [repaired.unlinked]);
    assert!(integrity::scan(db).await.unwrap().is_empty());
    let left = Bag::find_all().order_by(Bag::ID.asc()).all(db).await.unwrap();
    let updates = sent.names().iter().filter(|name| **name == "update").count();
    (updates, repaired.unlinked, left.iter().map(|bag| bag.thing_ids.len()).collect())
}

fn bag(id: i32, ids: impl Iterator<Item = i32>) -> Bag {
    Bag { id, thing_ids: std::iter::once("kept".to_owned()).chain(ids.map(|id| id.to_string())).collect() }
}

#[tokio::test]
async fn an_array_with_ten_thousand_broken_ids_counts_once() {
    let (updates, unlinked, left) = repair_bags(vec![bag(1, 0..10_000)]).await;
    assert_eq!((updates, unlinked, left), (10, 1, vec![1]));
}

#[tokio::test]
async fn each_repaired_array_counts_once() {
    let bags = (0..300).map(|id| bag(id, id * 10..id * 10 + 10)).chain([bag(300, 0..0), bag(301, 0..2_500)]);
    let (updates, unlinked, left) = repair_bags(bags.collect()).await;
    assert_eq!((updates, unlinked, left), (3 + 3, 301, vec![1; 302]));
}

#[tokio::test]
async fn ids_shared_by_arrays_are_sent_once() {
    let (updates, unlinked, left) = repair_bags((0..900).map(|id| bag(id, 0..10)).collect()).await;
    assert_eq!((updates, unlinked, left), (1, 900, vec![1; 900]));
}

#[tokio::test]
async fn long_ids_are_sent_in_several_commands() {
    let long = |n: i32| format!("{n}{}", "_".repeat(200_000));
    let bags = (0..4).map(|id| Bag { id, thing_ids: (0..30).map(|n| long(id * 30 + n)).collect() });
    let (updates, unlinked, left) = repair_bags(bags.collect()).await;
    assert!(updates >= 4, "{updates}");
    assert_eq!((unlinked, left), (4, vec![0; 4]));
}

/// A single key in a field for an array is repaired too.
#[tokio::test]
async fn a_single_key_instead_of_an_array_is_repaired() {
    let test = database().await;
    let db = test.db();
    let raw = db.collection::<Document>("ra_bags");
    raw.insert_many([doc! { "_id": 1, "thing_ids": "x" }, doc! { "_id": 2, "thing_ids": ["x", "y"] }]).await.unwrap();
    let repaired = integrity::scan(db).await.unwrap().repair(db, Repair::Unlink).await.unwrap();
    assert_eq!(repaired.unlinked, 2, "{repaired}");
}
