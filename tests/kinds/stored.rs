//! What is stored, and how documents are read as their kinds.

use earnorm::Error;
use earnorm::prelude::*;
use earnorm_tests::{database, document, insert_documents};

use crate::models::{Bus, Car, Truck, Vehicle, car, fleet, truck};

#[tokio::test]
async fn serde_stores_the_tag() {
    let test = database().await;
    let db = test.db();
    car(1, 1).insert(db).await.unwrap();
    Vehicle::Truck(truck(2, 1)).insert(db).await.unwrap();
    Bus { id: 3, seats: 50 }.insert(db).await.unwrap();
    let stored = document(db, "vehicles", 1).await;
    let expected = doc! { "kind": "car", "_id": 1, "doors": 4, "owner_id": 1, "plate_id": null, "sticker_ids": [1] };
    assert_eq!(stored, expected);
    assert_eq!(document(db, "vehicles", 2).await.get_str("kind"), Ok("truck"));
    assert_eq!(document(db, "vehicles", 3).await.get_str("kind"), Ok("Bus"));
    let tag = |model: &earnorm::schema::ModelMetadata| model.config.tag.map(|tag| (tag.field, tag.value));
    assert_eq!(tag(Car::metadata()), Some(("kind", "car")));
    assert_eq!(tag(Bus::metadata()), Some(("kind", "Bus")));
    assert_eq!((tag(Vehicle::metadata()), Vehicle::metadata().collection), (None, "vehicles"));
    let kinds: Vec<_> = Vehicle::metadata().config.kinds.iter().map(|kind| kind.name).collect();
    assert_eq!(kinds, ["Car", "Truck"]);
}

#[tokio::test]
async fn commands_have_the_tag() {
    let find = Car::find(Car::DOORS.gt(3)).to_query().unwrap();
    assert_eq!(find.to_string(), r#"vehicles.find({ "doors": { "$gt": 3 }, "kind": "car" })"#);
    assert_eq!(Car::find_all().to_query().unwrap().to_string(), r#"vehicles.find({ "kind": "car" })"#);
    assert_eq!(Vehicle::find_all().to_query().unwrap().to_string(), "vehicles.find({})");
    let find = Car::find(doc! { "kind": "truck" }).to_query().unwrap();
    assert_eq!(find.to_string(), r#"vehicles.find({ "$and": [{ "kind": "truck" }, { "kind": "car" }] })"#);
    let find = Vehicle::find(Vehicle::car(Car::DOORS.eq(2)) | Vehicle::truck(Truck::LOAD.gt(5.0)));
    let expected =
        r#"vehicles.find({ "$or": [{ "kind": "car", "doors": 2 }, { "kind": "truck", "load": { "$gt": 5 } }] })"#;
    assert_eq!(find.to_query().unwrap().to_string(), expected);
}

#[tokio::test]
async fn an_unknown_tag_is_an_error_that_names_the_known_ones() {
    let test = database().await;
    let db = test.db();
    fleet(db).await;
    let found = Vehicle::get(db, 7).await;
    let Err(Error::Decode { model, id, source, .. }) = found else { panic!("{found:?}") };
    assert_eq!((model, *id), ("Vehicle", 7.into()));
    assert!(source.to_string().contains(r#"`kind` is "Bus", which is none of `car`, `truck`"#), "{source}");
    insert_documents(db, "vehicles", [doc! { "_id": 8 }, doc! { "_id": 9, "kind": 4 }]).await;
    let message = |found: earnorm::Result<Option<Vehicle>>| found.unwrap_err().to_string();
    let missing = message(Vehicle::get(db, 8).await);
    assert!(missing.contains("`kind` is missing; expected one of `car`, `truck`"), "{missing}");
    let number = message(Vehicle::get(db, 9).await);
    assert!(number.contains("`kind` is 4, which is none of `car`, `truck`"), "{number}");
    // no kind reads them
    assert_eq!(Car::find_all().count(db).await.unwrap() + Truck::find_all().count(db).await.unwrap(), 6);
}

#[tokio::test]
async fn a_mistake_in_a_document_names_its_kind() {
    let test = database().await;
    let db = test.db();
    insert_documents(db, "vehicles", [doc! { "_id": 1, "kind": "car", "doors": "four" }]).await;
    let error = Vehicle::get(db, 1).await.unwrap_err().to_string();
    assert!(error.contains("`Car`") && error.contains("doors"), "{error}");
}

#[test]
fn the_enum_is_read_from_json() {
    let vehicle = Vehicle::from(car(1, 1));
    let json = serde_json::to_string(&vehicle).unwrap();
    assert_eq!(json, r#"{"kind":"car","_id":1,"doors":4,"owner_id":1,"plate_id":null,"sticker_ids":[1]}"#);
    assert_eq!(serde_json::from_str::<Vehicle>(&json).unwrap(), vehicle);
    let value = serde_json::to_value(Vehicle::Truck(truck(2, 1))).unwrap();
    assert_eq!(serde_json::from_value::<Vehicle>(value).unwrap(), Vehicle::Truck(truck(2, 1)));
    let error = serde_json::from_str::<Vehicle>(r#"{"kind":"bike"}"#).unwrap_err().to_string();
    assert!(error.contains(r#"`kind` is "bike", which is none of `car`, `truck`"#), "{error}");
}

mod all_types {
    use std::collections::BTreeMap;

    use earnorm::mongodb::bson::{DateTime, Document, RawDocumentBuf};
    use earnorm::prelude::*;
    use earnorm_tests::database;

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    enum Paint {
        Plain,
        Mixed(String, i32),
        Metal { gloss: f64 },
        Own(Vec<u8>),
    }

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
    #[serde(tag = "is", rename = "full")]
    #[model(collection = "things")]
    struct Full {
        #[serde(rename = "_id")]
        id: ObjectId,
        at: DateTime,
        uuid: uuid::Uuid,
        paints: Vec<Paint>,
        names: BTreeMap<String, Option<u32>>,
        small: (i8, u16, f32, char, bool),
        nothing: Option<bool>,
        #[serde(flatten)]
        rest: Document,
    }

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
    #[serde(tag = "is", rename = "empty")]
    #[model(collection = "things")]
    struct Empty {
        #[serde(rename = "_id")]
        id: ObjectId,
    }

    #[derive(Debug, Clone, PartialEq, Model)]
    enum Thing {
        Full(Full),
        Empty(Empty),
    }

    fn full() -> Full {
        Full {
            id: ObjectId::new(),
            at: DateTime::from_millis(1_700_000_000_000),
            uuid: uuid::Uuid::new_v4(),
            paints: vec![
                Paint::Plain,
                Paint::Mixed("red".to_owned(), 3),
                Paint::Metal { gloss: 0.5 },
                Paint::Own(vec![1, 2]),
            ],
            names: BTreeMap::from([("a".to_owned(), Some(3)), ("b".to_owned(), None)]),
            small: (-1, 2, 0.25, 'x', true),
            nothing: None,
            rest: doc! { "more": { "n": 1 } },
        }
    }

    #[tokio::test]
    async fn every_type_is_read_back_as_its_kind() {
        let test = database().await;
        let db = test.db();
        let things = vec![Thing::Full(full()), Thing::Empty(Empty { id: ObjectId::new() })];
        Thing::insert_many(db, &things).await.unwrap();
        for thing in things {
            let read = Thing::get(db, *thing_id(&thing)).await.unwrap().unwrap();
            assert_eq!(without_tag(read), thing);
            let json = serde_json::to_string(&thing).unwrap();
            assert_eq!(without_tag(serde_json::from_str::<Thing>(&json).unwrap()), thing);
        }
    }

    #[tokio::test]
    async fn a_flattened_map_does_not_store_the_tag_twice() {
        let test = database().await;
        let db = test.db();
        let mut one = full().insert(db).await.unwrap();
        one = Full::get(db, one.id).await.unwrap().unwrap();
        assert_eq!(one.rest.get_str("is"), Ok("full"));
        let tags = async || {
            let stored = db.collection::<RawDocumentBuf>("things").find_one(doc! {}).await.unwrap().unwrap();
            stored.iter().filter(|member| member.as_ref().unwrap().0 == "is").count()
        };
        one.save(db).await.unwrap();
        assert_eq!(tags().await, 1);
        one.delete(db).await.unwrap();
        Thing::insert_many(db, &[Thing::Full(one)]).await.unwrap();
        assert_eq!(tags().await, 1);
    }

    fn thing_id(thing: &Thing) -> &ObjectId {
        match thing {
            Thing::Full(full) => &full.id,
            Thing::Empty(empty) => &empty.id,
        }
    }

    /// serde puts the tag into a flattened field.
    fn without_tag(mut thing: Thing) -> Thing {
        if let Thing::Full(full) = &mut thing {
            full.rest.remove("is");
        }
        thing
    }
}

/// The guide says that serde refuses the tag then.
#[test]
fn serde_takes_the_tag_for_an_unknown_field() {
    #[derive(Debug, Serialize, Deserialize)]
    #[serde(tag = "kind", deny_unknown_fields)]
    struct Strict {
        n: i32,
    }
    let json = serde_json::to_string(&Strict { n: 1 }).unwrap();
    assert!(serde_json::from_str::<Strict>(&json).is_err());
}
