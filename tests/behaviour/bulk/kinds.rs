//! Enums of models.

use earnorm::mongodb::bson::DateTime;
use earnorm::prelude::*;
use earnorm_testkit::assert_commands;
use earnorm_tests::{database, document};

use super::{outcomes, report};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[serde(tag = "kind", rename = "van")]
#[model(collection = "bulk_vehicles")]
struct Van {
    #[serde(rename = "_id")]
    id: i32,
    load: i64,
    #[model(created_at)]
    built: DateTime,
    #[model(version)]
    #[serde(default)]
    rev: i64,
}

fn van(id: i32, load: i64) -> Van {
    Van { id, load, built: LONG_AGO, rev: 0 }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[serde(tag = "kind", rename = "tram")]
#[model(collection = "bulk_vehicles")]
struct Tram {
    #[serde(rename = "_id")]
    id: i32,
    #[model(created_at)]
    built: DateTime,
    #[model(version)]
    #[serde(default)]
    rev: i64,
}

#[derive(Debug, Clone, PartialEq, Model)]
enum Vehicle {
    Van(Van),
    Tram(Tram),
}

const LONG_AGO: DateTime = DateTime::from_millis(1_000);

#[tokio::test]
async fn each_document_is_written_as_its_kind() {
    let test = database().await;
    let db = test.db();
    let tram = Tram { id: 2, built: LONG_AGO, rev: 0 };
    let bulk = Vehicle::bulk(db)
        .insert(Vehicle::Van(van(1, 3)))
        .insert(Vehicle::Tram(tram))
        .save(Vehicle::Van(Van { rev: 1, ..van(1, 4) }))
        .update(2, doc! { "$set": { "line": "D" } });
    let done = assert_commands!(test, 2, { bulk.run().await.unwrap() });
    assert_eq!(outcomes(&done), "1 inserted, 2 inserted, 1 replaced, 2 updated");
    let stored = document(db, "bulk_vehicles", 1).await;
    assert_eq!(
        (stored.get_str("kind").unwrap(), stored.get_i64("load").unwrap(), stored.get_i64("rev").unwrap()),
        ("van", 4, 2)
    );
    let stored = document(db, "bulk_vehicles", 2).await;
    assert!(*stored.get_datetime("built").unwrap() > LONG_AGO);
    assert_eq!(
        (stored.get_str("kind").unwrap(), stored.get_str("line").unwrap(), stored.get_i64("rev").unwrap()),
        ("tram", "D", 2)
    );
}

#[tokio::test]
async fn a_bulk_of_one_kind_leaves_the_others_alone() {
    let test = database().await;
    let db = test.db();
    Vehicle::insert_many(db, &[Vehicle::Van(van(1, 3)), Vehicle::Tram(Tram { id: 2, built: LONG_AGO, rev: 0 })])
        .await
        .unwrap();
    let bulk = Van::bulk(db).update(1, Van::LOAD.inc(1)).update(2, Van::LOAD.inc(1)).delete_many([1, 2]);
    let done = bulk.run().await.unwrap();
    assert_eq!(outcomes(&done), "1 updated, 2 not found, 1 deleted, 2 deleted");
    assert_eq!(done.deleted(), 1);
    assert_eq!(document(db, "bulk_vehicles", 2).await.get_str("kind").unwrap(), "tram");
    // the id of a document of another kind is taken
    let failed = report(Van::bulk(db).insert(van(2, 1)).run().await);
    assert_eq!(outcomes(&failed), "2 failed: another `Van` has the same key in the unique index `_id_`");
    // and its version doesn't count
    let failed = report(Van::bulk(db).save(Van { rev: 1, ..van(2, 1) }).run().await);
    assert!(outcomes(&failed).starts_with("2 failed: the `Van` with `_id` 2 was changed or deleted"), "{failed}");
}
