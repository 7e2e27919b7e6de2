use earnorm::prelude::*;
use earnorm::{Drop, Error, sync_indexes};
use earnorm_testkit::assert_commands;
use earnorm_tests::{database, insert_documents};

use crate::models::{make, names, names_of};

#[tokio::test]
async fn only_superseded_indexes_are_dropped() {
    let test = database().await;
    let db = test.db();
    // replaced by a declared index
    make(db, "users", doc! { "mail": 1 }, doc! { "name": "mine" }).await;
    make(db, "users", doc! { "country": 1 }, doc! { "name": "country_1" }).await;
    // replaced by an index that a relation needs
    make(db, "items", doc! { "box_id": 1 }, doc! { "name": "box_id_1" }).await;
    make(db, "boxes", doc! { "x": 1 }, doc! { "name": "x_1" }).await;
    // not known, or with options
    for (collection, keys, options) in [
        ("users", doc! { "other": 1 }, doc! { "name": "other_1" }),
        ("users", doc! { "country": -1 }, doc! { "name": "country_-1" }),
        ("users", doc! { "country": 1 }, doc! { "name": "country_unique", "unique": true }),
        ("users", doc! { "country": 1 }, doc! { "name": "country_some", "partialFilterExpression": { "x": 1 } }),
        ("items", doc! { "box_id": 1, "rank": 1 }, doc! { "name": "by_box" }),
    ] {
        make(db, collection, keys, options).await;
    }
    let report = sync_indexes(db, Drop::Nothing).await.unwrap();
    assert_eq!(names_of(&report.superseded), ["box_id_1", "country_1", "mine"], "{report}");
    assert_eq!(report.dropped, []);
    let before = (names(db, "users").await, names(db, "items").await);

    let report = sync_indexes(db, Drop::Superseded).await.unwrap();
    assert_eq!(names_of(&report.dropped), ["box_id_1", "country_1", "mine"], "{report}");
    assert_eq!((report.made.len(), report.superseded.len()), (0, 0), "{report}");
    let left = |names: Vec<String>| -> Vec<String> {
        names.into_iter().filter(|name| !["box_id_1", "country_1", "mine"].contains(&name.as_str())).collect()
    };
    assert_eq!(names(db, "users").await, left(before.0));
    assert_eq!(names(db, "items").await, left(before.1));
    assert_eq!(names(db, "boxes").await, ["x_1"]);

    let again = sync_indexes(db, Drop::Superseded).await.unwrap();
    assert_eq!((again.made.len(), again.dropped.len()), (0, 0), "{again}");
}

#[tokio::test]
async fn new_indexes_are_made_before_others_are_dropped() {
    let test = database().await;
    let db = test.db();
    make(db, "items", doc! { "box_id": 1 }, doc! { "name": "box_id_1" }).await;
    let (outcome, sent) = test.log().record(sync_indexes(db, Drop::Superseded)).await;
    assert_eq!(names_of(&outcome.unwrap().dropped), ["box_id_1"]);
    let printed = sent.to_string();
    let at = |part: &str| printed.find(part).unwrap_or_else(|| panic!("{part}: {printed}"));
    assert!(at("box_id_1_rank_1") < at("dropIndexes"), "{printed}");
    let collections = sync_indexes(db, Drop::Superseded).await;
    collections.unwrap();
}

/// As long as an index is missing, the old ones of its collection are kept.
#[tokio::test]
async fn nothing_is_dropped_if_an_index_fails() {
    let test = database().await;
    let db = test.db();
    insert_documents(db, "users", [doc! { "_id": 1 }, doc! { "_id": 2 }]).await;
    make(db, "users", doc! { "country": 1 }, doc! { "name": "country_1" }).await;
    make(db, "items", doc! { "box_id": 1 }, doc! { "name": "box_id_1" }).await;
    let Err(Error::Indexes { report, .. }) = sync_indexes(db, Drop::Superseded).await else { panic!("duplicates") };
    assert_eq!(names_of(&report.dropped), ["box_id_1"], "another collection: {report}");
    assert_eq!(names_of(&report.superseded), ["country_1"], "{report}");
    assert!(names(db, "users").await.contains(&"country_1".to_owned()));
}

#[derive(Debug, Clone, Serialize, Deserialize, Model)]
#[relation(one_to_many, target = Item, fk = box_id, order_by = [("rank", 1), ("_id", 1)])]
struct Box {
    #[serde(rename = "_id")]
    id: i32,
    x: i32,
}

#[derive(Debug, Clone, Serialize, Deserialize, Model)]
struct Item {
    #[serde(rename = "_id")]
    id: i32,
    box_id: i32,
    rank: i32,
}

#[tokio::test]
async fn a_call_without_work_sends_one_command_for_each_collection() {
    let test = database().await;
    let db = test.db();
    Box::ensure_indexes(db).await.unwrap();
    assert_commands!(test, 1, Box::ensure_indexes(db).await.unwrap());
}
