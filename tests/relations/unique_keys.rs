//! Unique indexes on the key of a one-to-one and on the pair of keys of a link: which documents they cover.

use earnorm::Error;
use earnorm::integrity;
use earnorm::mongodb::bson::spec::BinarySubtype;
use earnorm::mongodb::bson::{Binary, Bson, DateTime, Decimal128, Document, JavaScriptCodeWithScope, Timestamp};
use earnorm::mongodb::options::IndexOptions;
use earnorm::mongodb::{Database, IndexModel};
use earnorm::prelude::*;
use earnorm_tests::{database, document};

#[derive(Debug, Serialize, Deserialize, Model)]
#[model(collection = "pl_guests")]
#[relation(one_to_one, target = "Seat", fk = "guest_id")]
#[relation(one_to_one, target = "Bed", fk = "guest_id")]
#[relation(one_to_many, target = "Booking", fk = "guest_id", on_delete = "set_null")]
struct Guest {
    #[serde(rename = "_id")]
    id: i32,
}

/// Without a guest, the field is missing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[model(collection = "pl_seats")]
struct Seat {
    #[serde(rename = "_id")]
    id: i32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    guest_id: Option<i32>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    notes: Vec<String>,
    #[serde(default, skip_serializing_if = "str::is_empty")]
    row: String,
}

/// Without a guest, the field is null.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[model(collection = "pl_beds")]
struct Bed {
    #[serde(rename = "_id")]
    id: i32,
    guest_id: Option<i32>,
}

#[derive(Debug, Serialize, Deserialize, Model)]
#[model(collection = "pl_rooms")]
#[relation(many_to_many, target = "Guest", through = "Booking")]
struct Room {
    #[serde(rename = "_id")]
    id: i32,
}

/// Its guest may be missing.
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize, Model)]
#[model(collection = "pl_bookings")]
struct Booking {
    #[serde(rename = "_id")]
    id: Option<ObjectId>,
    room_id: i32,
    guest_id: Option<i32>,
}

fn seat(id: i32, guest_id: Option<i32>) -> Seat {
    Seat { id, guest_id, notes: Vec::new(), row: String::new() }
}

async fn insert(db: &Database, collection: &str, document: Document) -> Result<(), String> {
    let inserted = db.collection::<Document>(collection).insert_one(document).await;
    inserted.map(|_| ()).map_err(|error| error.to_string())
}

#[tokio::test]
async fn emptied_keys_are_not_in_the_unique_index() {
    let test = database().await;
    let db = test.db();
    Guest::ensure_indexes(db).await.unwrap();
    for id in [1, 2, 3] {
        seat(id, Some(id)).insert(db).await.unwrap();
        Bed { id, guest_id: Some(id) }.insert(db).await.unwrap();
        Seat::update_by_id(db, id, Seat::GUEST_ID.set(None)).await.unwrap();
        Bed::update_by_id(db, id, Bed::GUEST_ID.set(None)).await.unwrap();
    }
    assert_eq!(document(db, "pl_seats", 2).await, doc! { "_id": 2 }, "as after a save");
    assert_eq!(document(db, "pl_beds", 2).await, doc! { "_id": 2, "guest_id": Bson::Null });
    // another guest: the local server refuses to insert a key that an update has freed, which `mongod` doesn't
    let guest = Guest { id: 4 }.insert(db).await.unwrap();
    guest.seat().create(db, seat(10, None)).await.unwrap();
    let second = guest.seat().create(db, seat(11, None)).await.unwrap_err();
    assert!(matches!(&second, Error::Duplicate { model: "Seat", index } if index == "guest_id_1_unique"), "{second}");
}

#[tokio::test]
async fn updating_to_a_value_that_serde_skips_unsets_the_field() {
    let test = database().await;
    let db = test.db();
    let mut seat =
        Seat { id: 1, guest_id: Some(1), notes: vec!["n".into()], row: "r".into() }.insert(db).await.unwrap();
    let update = (Seat::GUEST_ID.set(None), Seat::NOTES.set(vec![]), Seat::ROW.set(""));
    seat.update(db, update).await.unwrap();
    assert_eq!(document(db, "pl_seats", 1).await, doc! { "_id": 1 });
    assert_eq!((seat.guest_id, seat.notes.len(), &*seat.row), (None, 0, ""));
    seat.update(db, (Seat::GUEST_ID.set(7), Seat::NOTES.push("x"), Seat::ROW.set("q"))).await.unwrap();
    assert_eq!(document(db, "pl_seats", 1).await, doc! { "_id": 1, "guest_id": 7, "notes": ["x"], "row": "q" });
}

#[tokio::test]
async fn nulls_of_other_programs_are_not_in_the_unique_index() {
    let test = database().await;
    let db = test.db();
    for collection in ["pl_seats", "pl_beds"] {
        for (id, key) in [(1, None), (2, None), (3, Some(Bson::Null)), (4, Some(Bson::Null))] {
            let mut document = doc! { "_id": id };
            document.extend(key.map(|key| ("guest_id".to_owned(), key)));
            insert(db, collection, document).await.unwrap();
        }
    }
    Guest::ensure_indexes(db).await.unwrap();
    assert!(integrity::scan(db).await.unwrap().is_empty());
    insert(db, "pl_seats", doc! { "_id": 5, "guest_id": Bson::Null }).await.unwrap();
    assert!(Guest::check_indexes(db).await.unwrap().is_clean());
}

#[tokio::test]
async fn ids_of_all_types_are_in_the_unique_index() {
    let test = database().await;
    let db = test.db();
    Guest::ensure_indexes(db).await.unwrap();
    let scope = JavaScriptCodeWithScope { code: "1".into(), scope: doc! {} };
    let ids = [
        Bson::Double(1.5),
        "a".into(),
        doc! { "a": 1 }.into(),
        Binary { subtype: BinarySubtype::Generic, bytes: vec![1] }.into(),
        ObjectId::new().into(),
        true.into(),
        DateTime::now().into(),
        Bson::Int32(7),
        Bson::Int64(8),
        Timestamp { time: 1, increment: 1 }.into(),
        "3.5".parse::<Decimal128>().unwrap().into(),
        Bson::MinKey,
        Bson::MaxKey,
        Bson::JavaScriptCode("2".into()),
        Bson::JavaScriptCodeWithScope(scope),
        Bson::Symbol("s".into()),
    ];
    for (n, id) in (0..).zip(ids) {
        for collection in ["pl_seats", "pl_beds"] {
            match insert(db, collection, doc! { "_id": 2 * n, "guest_id": id.clone() }).await {
                // the local server doesn't index code with a scope
                Err(error) if error.contains("does not support") => continue,
                outcome => outcome.unwrap(),
            }
            let second = insert(db, collection, doc! { "_id": 2 * n + 1, "guest_id": id.clone() }).await;
            assert!(second.is_err_and(|error| error.contains("E11000")), "{id}");
        }
    }
}

/// There may be several links with the same room and an empty guest.
#[tokio::test]
async fn the_unique_index_of_links_ignores_empty_keys() {
    let test = database().await;
    let db = test.db();
    Room::ensure_indexes(db).await.unwrap();
    let (room, guests) = (Room { id: 1 }.insert(db).await.unwrap(), [1, 2].map(|id| Guest { id }));
    Guest::insert_many(db, &guests).await.unwrap();
    room.guests().set(db, &guests).await.unwrap();
    for guest in &guests {
        guest.delete(db).await.unwrap();
    }
    assert_eq!(Booking::find(Booking::GUEST_ID.is_null()).count(db).await.unwrap(), 2);
    let twice = insert(db, "pl_bookings", doc! { "room_id": 1, "guest_id": 5 });
    twice.await.unwrap();
    assert!(insert(db, "pl_bookings", doc! { "room_id": 1, "guest_id": 5 }).await.is_err());
    assert_eq!(Room::ensure_indexes(db).await.unwrap().made, []);
}

async fn create_index(db: &Database, collection: &str, name: &str, keys: Document, part: Option<Document>) {
    let options = IndexOptions::builder().name(name.to_owned()).unique(true).partial_filter_expression(part).build();
    let index = IndexModel::builder().keys(keys).options(options).build();
    db.collection::<Document>(collection).create_index(index).await.unwrap();
}

#[tokio::test]
async fn indexes_of_earlier_versions_are_replaced() {
    let test = database().await;
    let db = test.db();
    create_index(
        db,
        "pl_seats",
        "guest_id_1_unique",
        doc! { "guest_id": 1 },
        Some(doc! { "guest_id": { "$exists": true } }),
    )
    .await;
    create_index(
        db,
        "pl_beds",
        "guest_id_1_unique",
        doc! { "guest_id": 1 },
        Some(doc! { "guest_id": { "$type": ["int", "string"] } }),
    )
    .await;
    let pair = doc! { "guest_id": 1, "room_id": 1 };
    create_index(db, "pl_bookings", "guest_id_1_room_id_1", pair.clone(), None).await;
    // the user's own index
    create_index(db, "pl_beds", "mine", doc! { "guest_id": 1 }, Some(doc! { "guest_id": { "$gt": 1000 } })).await;

    let check = Guest::check_indexes(db).await.unwrap();
    assert_eq!((check.missing.len(), check.different.len(), check.superfluous.len()), (2, 2, 0), "{check}");
    let reports = [Guest::ensure_indexes(db).await.unwrap(), Room::ensure_indexes(db).await.unwrap()];
    let made = reports.iter().flat_map(|report| &report.made).filter(|made| made.unique);
    let mut made: Vec<_> = made.map(|made| (made.collection, &*made.name)).collect();
    made.sort_unstable();
    let names = [
        ("pl_beds", "guest_id_1_unique_2"),
        ("pl_bookings", "guest_id_1_room_id_1_unique"),
        ("pl_seats", "guest_id_1_unique_2"),
    ];
    assert_eq!(made, names);
    assert_eq!(Guest::ensure_indexes(db).await.unwrap().made, []);

    let checks = [Guest::check_indexes(db).await.unwrap(), Room::check_indexes(db).await.unwrap()];
    assert!(checks.iter().all(|check| check.missing.is_empty() && check.different.is_empty()), "{checks:?}");
    let old = checks.iter().flat_map(|check| &check.superfluous);
    let mut old: Vec<_> = old.map(|index| (index.collection, &*index.name)).collect();
    old.sort_unstable();
    let names =
        [("pl_beds", "guest_id_1_unique"), ("pl_bookings", "guest_id_1_room_id_1"), ("pl_seats", "guest_id_1_unique")];
    assert_eq!(old, names);
    for (collection, name) in names {
        db.collection::<Document>(collection).drop_index(name).await.unwrap();
    }
    Room::ensure_indexes(db).await.unwrap();
    assert!(Room::check_indexes(db).await.unwrap().is_clean());
    assert!(Guest::check_indexes(db).await.unwrap().is_clean());
}
