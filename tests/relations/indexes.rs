use earnorm::Error;
use earnorm::mongodb::IndexModel;
use earnorm::mongodb::bson::Document;
use earnorm::prelude::*;
use earnorm_tests::blog::{Post, User, UserGroup};
use earnorm_tests::database;
use futures_util::TryStreamExt;

async fn indexes(db: &earnorm::mongodb::Database, collection: &str) -> Vec<(Document, bool)> {
    // a missing collection has none
    let Ok(cursor) = db.collection::<Document>(collection).list_indexes().await else {
        return Vec::new();
    };
    let found: Vec<IndexModel> = cursor.try_collect().await.unwrap();
    let mut found: Vec<(Document, bool)> = found
        .into_iter()
        .map(|index| (index.keys, index.options.unwrap_or_default().unique.unwrap_or(false)))
        .filter(|(keys, _)| *keys != doc! { "_id": 1 })
        .collect();
    found.sort_by_key(|(keys, _)| keys.to_string());
    found
}

#[tokio::test]
async fn ensure_indexes_creates_an_index_for_every_key_once() {
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
    // the join model's own keys need the same indexes; neither is created twice
    let join = UserGroup::ensure_indexes(db).await.unwrap();
    assert_eq!(join.made.len(), 0, "{join}");
}

#[tokio::test]
async fn ensure_indexes_of_all_linked_models() {
    let test = database().await;
    let db = test.db();
    let report = earnorm::ensure_indexes(db).await.unwrap();
    assert!(report.made.iter().any(|made| made.collection == "comments"));
    let group_ids = |made: &&earnorm::integrity::MadeIndex| made.collection == "user_groups";
    assert_eq!(report.made.iter().filter(group_ids).count(), 2, "{report}");
    assert_eq!(earnorm::ensure_indexes(db).await.unwrap().made, []);
}

#[tokio::test]
async fn documents_that_prevent_a_unique_index_are_an_error() {
    let test = database().await;
    let db = test.db();
    let profiles = db.collection::<Document>("profiles");
    let key = ObjectId::new();
    profiles.insert_many([doc! { "user_id": key }, doc! { "user_id": key }]).await.unwrap();
    let error = User::ensure_indexes(db).await.unwrap_err();
    let Error::Indexes { report, .. } = &error else { panic!("{error}") };
    assert_eq!((report.made.len(), report.failed.len()), (3, 1), "{error}");
    assert_eq!(report.failed[0].duplicates[0].values, doc! { "user_id": key });
    assert_eq!(indexes(db, "profiles").await, []);
    assert_eq!(
        indexes(db, "posts").await.len() + indexes(db, "user_groups").await.len(),
        3,
        "the other indexes are created"
    );
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
async fn a_relation_can_opt_out_of_its_index() {
    let test = database().await;
    let report = Sensor::ensure_indexes(test.db()).await.unwrap();
    assert_eq!(report.made, []);
}

#[tokio::test]
async fn the_index_of_a_key_includes_filter_and_order() {
    let test = database().await;
    let db = test.db();
    let report = Post::ensure_indexes(db).await.unwrap();
    // the key of all comments is the first field of each
    assert_eq!(
        indexes(db, "comments").await,
        [
            (doc! { "post_id": 1, "created_at": -1, "_id": 1 }, false),
            (doc! { "post_id": 1, "likes": -1, "_id": 1 }, false),
            (doc! { "post_id": 1, "status": 1 }, false),
        ],
        "{report}"
    );
    assert_eq!(Post::ensure_indexes(db).await.unwrap().made, []);
}

/// The server reads from the index in the order of the handle, without a sort.
#[tokio::test]
async fn the_order_of_a_relation_is_read_from_its_index() {
    let test = database().await;
    let db = test.db();
    Post::ensure_indexes(db).await.unwrap();
    let post = User::new("Ada", 36).post("hello", 1);
    let find = post.top_comments().to_query().unwrap();
    let command = doc! { "find": find.collection, "filter": find.filter, "sort": find.sort, "limit": 10 };
    let plan = db.run_command(doc! { "explain": command, "verbosity": "queryPlanner" }).await.unwrap();
    let plan = plan.get_document("queryPlanner").unwrap().get("winningPlan").unwrap().to_string();
    assert!(plan.contains("IXSCAN") && !plan.contains("\"SORT\""), "{plan}");
}

#[derive(Debug, Serialize, Deserialize, Model)]
#[model(collection = "ix_sensors")]
#[relation(one_to_many, name = "recent", target = "IndexedReading", fk = "sensor_id", limit = 5)]
#[relation(one_to_many, name = "high", target = "IndexedReading", fk = "sensor_id", order_by = [("at", -1), ("_id", -1)],
    filter = doc! { "value": { "$gt": 5 }, "unit": "C", "flags": { "$eq": 0 }, "$comment": "x", "note": { "$ne": 1 } })]
#[relation(one_to_many, name = "flagged", target = "IndexedReading", fk = "sensor_id", filter = doc! { "flags": 0, "unit": "C" })]
#[relation(one_to_one, name = "current", target = "Setting", fk = "sensor_id", filter = doc! { "kind": "current" })]
#[relation(one_to_one, name = "next", target = "Setting", fk = "sensor_id", filter = doc! { "kind": "next" })]
#[relation(one_to_one, name = "odd", target = "Setting", fk = "other_id", filter = doc! { "kind": { "$ne": "x" } })]
struct IndexedSensor {
    #[serde(rename = "_id")]
    id: i64,
}

#[derive(Debug, Serialize, Deserialize, Model)]
#[model(collection = "ix_readings")]
struct IndexedReading {
    #[serde(rename = "_id")]
    id: i64,
    sensor_id: i64,
    at: i64,
}

#[derive(Debug, Serialize, Deserialize, Model)]
#[model(collection = "ix_settings")]
struct Setting {
    #[serde(rename = "_id")]
    id: i64,
    sensor_id: i64,
    other_id: Option<i64>,
    kind: String,
}

#[tokio::test]
async fn index_fields_are_in_the_order_equality_sort_range() {
    let test = database().await;
    let db = test.db();
    IndexedSensor::ensure_indexes(db).await.unwrap();
    assert_eq!(
        indexes(db, "ix_readings").await,
        [
            (doc! { "sensor_id": 1, "_id": 1 }, false),
            // this index also serves `flagged`
            (doc! { "sensor_id": 1, "flags": 1, "unit": 1, "at": -1, "_id": -1, "value": 1 }, false),
        ]
    );
}

#[tokio::test]
async fn the_unique_index_of_a_filtered_one_to_one_has_its_filter() {
    let test = database().await;
    let db = test.db();
    IndexedSensor::ensure_indexes(db).await.unwrap();
    assert_eq!(
        indexes(db, "ix_settings").await,
        [(doc! { "other_id": 1 }, false), (doc! { "sensor_id": 1 }, true), (doc! { "sensor_id": 1 }, true)]
    );
    let setting = |id: i64, kind: &str| Setting { id, sensor_id: 1, other_id: None, kind: kind.into() };
    for (id, kind) in [(1, "current"), (2, "next"), (3, "past"), (4, "past")] {
        setting(id, kind).insert(db).await.unwrap();
    }
    let error = setting(5, "next").insert(db).await.unwrap_err();
    assert!(matches!(error, Error::Duplicate { .. }), "{error:?}");
    assert_eq!(IndexedSensor::ensure_indexes(db).await.unwrap().made, []);
}

#[tokio::test]
async fn check_indexes_reports_differences_and_writes_nothing() {
    let test = database().await;
    let db = test.db();
    let check = Post::check_indexes(db).await.unwrap();
    assert_eq!((check.present, check.missing.len(), check.is_clean()), (0, 4, false), "{check}");
    assert_eq!(indexes(db, "comments").await, []);

    Post::ensure_indexes(db).await.unwrap();
    User::ensure_indexes(db).await.unwrap();
    assert!(Post::check_indexes(db).await.unwrap().is_clean());
    let clean = User::check_indexes(db).await.unwrap();
    assert_eq!((clean.present, clean.is_clean()), (4, true), "{clean}");

    let index = |keys: Document| IndexModel::builder().keys(keys).build();
    let comments = db.collection::<Document>("comments");
    // other indexes begin with the first; the others are the user's own
    let own = [doc! { "post_id": 1 }, doc! { "text": 1 }, doc! { "post_id": 1, "text": 1 }, doc! { "post_id": -1 }];
    comments.create_indexes(own.map(index)).await.unwrap();
    let profiles = db.collection::<Document>("profiles");
    profiles.drop_index("user_id_1").await.unwrap();
    profiles.create_index(index(doc! { "user_id": 1 })).await.unwrap();
    db.collection::<Document>("user_groups").drop_index("user_id_1").await.unwrap();

    let (check, sent) = test.log().record(Post::check_indexes(db)).await;
    let check = check.unwrap();
    assert_eq!(sent.names(), ["listIndexes", "listIndexes"]);
    let names: Vec<&str> = check.superfluous.iter().map(|index| &*index.name).collect();
    assert_eq!((names, check.missing.len(), check.different.len()), (vec!["post_id_1"], 0, 0), "{check}");
    let check = User::check_indexes(db).await.unwrap();
    assert_eq!(check.missing.iter().map(|index| &*index.name).collect::<Vec<_>>(), ["user_id_1"]);
    assert_eq!(check.different.len(), 1);
    assert!(!check.different[0].there.unique && check.different[0].wanted.unique);
    assert_eq!(
        check.to_string(),
        "2 indexes present, 1 missing, 1 different, 0 superfluous
  missing: user_groups.user_id_1 { \"user_id\": 1 }
  different: profiles.user_id_1 { \"user_id\": 1 }; wanted: profiles.user_id_1 { \"user_id\": 1 }, unique"
    );
    assert_eq!(serde_json::to_value(&check).unwrap()["missing"][0]["collection"], "user_groups");
    assert!(earnorm::check_indexes(db).await.unwrap().missing.len() > 1, "for all models");
}

#[derive(Debug, Serialize, Deserialize, Model)]
#[model(collection = "ix_makers")]
#[relation(one_to_many, name = "parts", target = "Part", fk = "maker_id", filter = doc! { "": 1 })]
#[relation(one_to_many, name = "whole", target = "Part", fk = "other_id")]
struct Maker {
    #[serde(rename = "_id")]
    id: i64,
}

#[derive(Debug, Serialize, Deserialize, Model)]
#[model(collection = "ix_parts")]
struct Part {
    #[serde(rename = "_id")]
    id: i64,
    maker_id: i64,
    other_id: i64,
    size: Document,
}

/// A field without a name can't be indexed on any server; a unique index can't be created on some sharded collections.
#[tokio::test]
async fn refused_indexes_are_reported_and_the_others_created() {
    let test = database().await;
    let db = test.db();
    let report = Maker::ensure_indexes(db).await.unwrap();
    assert_eq!(indexes(db, "ix_parts").await, [(doc! { "other_id": 1 }, false)]);
    assert_eq!(report.refused.len(), 1, "{report}");
    assert_eq!(report.refused[0].index.keys, doc! { "maker_id": 1, "": 1 });
    assert!(report.to_string().contains("\n  refused: ix_parts.maker_id_1__1"), "{report}");
}
