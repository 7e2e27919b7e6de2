use earnorm::Error;
use earnorm::mongodb::bson::{Bson, Document};
use earnorm::prelude::*;
use earnorm_testkit::TestDb;

use crate::database;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[serde(rename_all = "camelCase")]
#[relation(one_to_many, target = "Lodger", fk = "house_id")]
struct House {
    #[serde(rename = "_id")]
    id: i32,
    name: String,
    door_count: u32,
    place: Place,
    rooms: Vec<Room>,
    #[serde(with = "bson::serde_helpers::chrono_datetime_as_bson_datetime")]
    built: chrono::DateTime<chrono::Utc>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Place {
    name: String,
    floor: i32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Room {
    size: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Lodger {
    #[serde(rename = "_id")]
    id: i32,
    #[relation(many_to_one, target = "House")]
    house_id: i32,
}

/// House 1 is as it should be, house 2 isn't.
async fn houses(test: &TestDb, change: Document) {
    let good = doc! {
        "_id": 1,
        "name": "Ada's",
        "doorCount": 2,
        "place": { "name": "Rome", "floor": 1 },
        "rooms": [{ "size": 1.5 }, { "size": 2.5 }],
        "built": earnorm::mongodb::bson::DateTime::from_millis(0),
    };
    let raw = test.db().collection::<Document>("houses");
    raw.insert_one(&good).await.unwrap();
    let mut odd = good;
    odd.insert("_id", 2);
    raw.insert_one(&odd).await.unwrap();
    raw.update_one(doc! { "_id": 2 }, change).await.unwrap();
}

#[track_caller]
fn fails_at<T: std::fmt::Debug>(outcome: earnorm::Result<T>, path: &str) -> String {
    let error = outcome.unwrap_err();
    let words = error.to_string();
    match error {
        Error::Decode { model, field, id, source } => {
            assert_eq!((model, field.as_str(), *id), ("House", path, Bson::Int32(2)), "{source}");
        }
        other => panic!("{other:?}"),
    }
    words
}

#[tokio::test]
async fn the_error_names_the_field_by_its_path() {
    let cases = [
        (doc! { "$set": { "name": 7 } }, "name"),
        (doc! { "$set": { "doorCount": "two" } }, "doorCount"),
        (doc! { "$set": { "doorCount": -1 } }, "doorCount"),
        (doc! { "$set": { "name": null } }, "name"),
        (doc! { "$set": { "place.floor": "top" } }, "place.floor"),
        (doc! { "$set": { "place": [] } }, "place"),
        (doc! { "$set": { "rooms.1.size": "big" } }, "rooms[1].size"),
        (doc! { "$set": { "built": "today" } }, "built"),
        (doc! { "$unset": { "name": "" } }, "name"),
        (doc! { "$unset": { "doorCount": "" } }, "doorCount"),
        (doc! { "$unset": { "place.floor": "" } }, "place"),
        // the missing one is the place's, not the house's of the same name
        (doc! { "$unset": { "place.name": "" } }, "place"),
    ];
    for (change, path) in cases {
        let test = database().await;
        houses(&test, change).await;
        let words = fails_at(House::find_all().all(test.db()).await, path);
        let start = format!("the `House` with `_id` 2 doesn't decode: `{path}`: ");
        assert!(words.starts_with(&start) && words.len() > start.len(), "{words}");
    }
}

#[tokio::test]
async fn every_call_that_reads_gives_it() {
    let test = database().await;
    let db = test.db();
    houses(&test, doc! { "$set": { "name": 7 } }).await;
    let odd = || House::find(House::ID.eq(2));
    fails_at(odd().all(db).await, "name");
    fails_at(odd().first(db).await, "name");
    fails_at(odd().one(db).await, "name");
    fails_at(odd().page(db, 1, 10).await, "name");
    fails_at(House::get(db, 2).await, "name");
    fails_at(House::get_many(db, [1, 2]).await, "name");
    fails_at(Lodger { id: 1, house_id: 2 }.house().get(db).await, "name");
    fails_at(Lodger { id: 1, house_id: 2 }.house().require(db).await, "name");
    let mut rows = House::find_all().order_by(House::ID.asc()).stream(db);
    assert_eq!(rows.next().await.unwrap().unwrap().id, 1);
    fails_at(rows.next().await.unwrap(), "name");
    assert!(rows.next().await.is_none());
    fails_at(odd().stream(db).await, "name");
    // what brings no document minds nothing
    assert_eq!(House::find_all().count(db).await.unwrap(), 2);
    assert_eq!(odd().delete(db).await.unwrap().deleted(), 1);
    assert_eq!(House::find_all().all(db).await.unwrap().len(), 1);
}
