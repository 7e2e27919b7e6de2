use earnorm::Error;
use earnorm::mongodb::IndexModel;
use earnorm::mongodb::bson::Document;
use earnorm::prelude::*;
use futures_util::TryStreamExt;

use crate::blog::{User, UserGroup};
use crate::database;

async fn indexes(db: &earnorm::mongodb::Database, collection: &str) -> Vec<(Document, bool)> {
    let cursor = db.collection::<Document>(collection).list_indexes().await.unwrap();
    let found: Vec<IndexModel> = cursor.try_collect().await.unwrap();
    let mut found: Vec<(Document, bool)> = found
        .into_iter()
        .map(|index| (index.keys, index.options.unwrap_or_default().unique.unwrap_or(false)))
        .filter(|(keys, _)| !keys.contains_key("_id"))
        .collect();
    found.sort_by_key(|(keys, _)| keys.to_string());
    found
}

#[tokio::test]
async fn every_key_gets_one_and_a_second_run_makes_none() {
    let test = database().await;
    let db = test.db();
    let report = User::ensure_indexes(db).await.unwrap();
    assert_eq!(report.made.len(), 4, "{report}");
    assert_eq!(indexes(db, "posts").await, [(doc! { "author_id": 1 }, false)]);
    assert_eq!(indexes(db, "profiles").await, [(doc! { "user_id": 1 }, true)]);
    assert_eq!(
        indexes(db, "user_groups").await,
        [(doc! { "group_id": 1, "user_id": 1 }, true), (doc! { "user_id": 1 }, false)]
    );
    let again = User::ensure_indexes(db).await.unwrap();
    assert_eq!((again.made.len(), again.present), (0, 4), "{again}");
    // both ends of the join model are keys of their own too; neither is made twice
    let join = UserGroup::ensure_indexes(db).await.unwrap();
    assert_eq!(join.made.len(), 0, "{join}");
}

#[tokio::test]
async fn all_linked_models_at_once() {
    let test = database().await;
    let db = test.db();
    let report = earnorm::ensure_indexes(db).await.unwrap();
    assert!(report.made.iter().any(|made| made.collection == "comments"));
    let group_ids = |made: &&earnorm::MadeIndex| made.collection == "user_groups";
    assert_eq!(report.made.iter().filter(group_ids).count(), 2, "{report}");
    assert_eq!(earnorm::ensure_indexes(db).await.unwrap().made, []);
}

#[tokio::test]
async fn documents_that_forbid_a_unique_index_are_an_error() {
    let test = database().await;
    let db = test.db();
    let profiles = db.collection::<Document>("profiles");
    let key = ObjectId::new();
    profiles.insert_many([doc! { "user_id": key }, doc! { "user_id": key }]).await.unwrap();
    let error = User::ensure_indexes(db).await.unwrap_err();
    assert!(matches!(error, Error::Driver(_)), "{error}");
}

#[derive(Debug, Serialize, Deserialize, Model)]
#[relation(one_to_many, target = "Reading", fk = "sensor_id", index = false)]
struct Sensor {
    #[serde(rename = "_id")]
    id: i64,
}

#[derive(Debug, Serialize, Deserialize, Model)]
struct Reading {
    #[serde(rename = "_id")]
    id: i64,
    sensor_id: i64,
}

#[tokio::test]
async fn a_relation_can_opt_out() {
    let test = database().await;
    let report = Sensor::ensure_indexes(test.db()).await.unwrap();
    assert_eq!(report.made, []);
}
