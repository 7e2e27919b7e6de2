use earnorm::Error;
use earnorm::mongodb::bson::{Bson, Document};
use earnorm::prelude::*;
use earnorm_testkit::TestDb;
use earnorm_tests::database;

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

/// Inserts a valid house 1, and a house 2 with the change.
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
    let mut invalid = good;
    invalid.insert("_id", 2);
    raw.insert_one(&invalid).await.unwrap();
    raw.update_one(doc! { "_id": 2 }, change).await.unwrap();
}

#[track_caller]
fn assert_decode_error<T: std::fmt::Debug>(outcome: earnorm::Result<T>, path: &str) -> String {
    let error = outcome.unwrap_err();
    let message = error.to_string();
    match error {
        Error::Decode { model, field, id, source } => {
            assert_eq!((model, field.as_str(), *id), ("House", path, Bson::Int32(2)), "{source}");
        }
        other => panic!("{other:?}"),
    }
    message
}

#[tokio::test]
async fn decode_errors_name_the_path_of_the_field() {
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
        // the missing field is the one of the place, not the house's field of the same name
        (doc! { "$unset": { "place.name": "" } }, "place"),
    ];
    for (change, path) in cases {
        let test = database().await;
        houses(&test, change).await;
        let message = assert_decode_error(House::find_all().all(test.db()).await, path);
        let start = format!("the `House` with `_id` 2 doesn't decode: `{path}`: ");
        assert!(message.starts_with(&start) && message.len() > start.len(), "{message}");
    }
}

#[tokio::test]
async fn every_call_that_reads_returns_decode_errors() {
    let test = database().await;
    let db = test.db();
    houses(&test, doc! { "$set": { "name": 7 } }).await;
    let second = || House::find(House::ID.eq(2));
    assert_decode_error(second().all(db).await, "name");
    assert_decode_error(second().first(db).await, "name");
    assert_decode_error(second().one(db).await, "name");
    assert_decode_error(second().page(db, 1, 10).await, "name");
    assert_decode_error(House::get(db, 2).await, "name");
    assert_decode_error(House::get_many(db, [1, 2]).await, "name");
    assert_decode_error(Lodger { id: 1, house_id: 2 }.house().get(db).await, "name");
    assert_decode_error(Lodger { id: 1, house_id: 2 }.house().require(db).await, "name");
    let mut rows = House::find_all().order_by(House::ID.asc()).stream(db);
    assert_eq!(rows.next().await.unwrap().unwrap().id, 1);
    assert_decode_error(rows.next().await.unwrap(), "name");
    assert!(rows.next().await.is_none());
    assert_decode_error(second().stream(db).await, "name");
    // calls that read no documents don't decode any
    assert_eq!(House::find_all().count(db).await.unwrap(), 2);
    assert_eq!(second().delete(db).await.unwrap().deleted(), 1);
    assert_eq!(House::find_all().all(db).await.unwrap().len(), 1);
}
