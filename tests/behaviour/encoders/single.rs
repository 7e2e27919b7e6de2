use earnorm::Filter;
use earnorm::mongodb::bson::spec::{BinarySubtype, ElementType};
use earnorm::mongodb::bson::{Bson, Document};
use earnorm::prelude::*;
use earnorm_testkit::{TestDb, assert_commands};
use earnorm_tests::database;
use uuid::Uuid;

use super::{Kind, Sensor, Serial, State, day, sensor, sensors};

async fn raw(test: &TestDb, filter: Document) -> Document {
    let raw = test.db().collection::<Document>("sensors");
    raw.find_one(filter).await.unwrap().unwrap()
}

/// The numbers of the sensors that a filter matches, in ascending order.
async fn found(test: &TestDb, filter: impl Into<Filter<Sensor>>) -> Vec<i64> {
    let query = Sensor::find(filter).order_by(Sensor::SERIAL_NO.asc());
    let sensors = query.all(test.db()).await.unwrap();
    sensors.iter().map(|sensor| sensor.serial_no.0 / 100).collect()
}

fn assert_stored_types(stored: &Document) {
    let types: Vec<_> = stored.iter().map(|(name, value)| (name.as_str(), value.element_type())).collect();
    assert_eq!(
        types,
        [
            ("_id", ElementType::Binary),
            ("installedAt", ElementType::DateTime),
            ("kind", ElementType::String),
            ("fullName", ElementType::String),
            ("serialNo", ElementType::Int64),
            ("state", ElementType::EmbeddedDocument),
            ("price", ElementType::String),
            ("tags", ElementType::Array),
        ]
    );
    match stored.get("_id") {
        Some(Bson::Binary(id)) => assert_eq!(id.subtype, BinarySubtype::Uuid),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn every_write_stores_the_same_types() {
    let test = database().await;
    let db = test.db();
    let mut two = sensor(2).insert(db).await.unwrap();
    let inserted = raw(&test, doc! {}).await;
    assert_stored_types(&inserted);
    assert_eq!(inserted.get_str("kind").unwrap(), "wind");
    assert_eq!(inserted.get_str("price").unwrap(), "000014");

    two.save(db).await.unwrap();
    assert_eq!(raw(&test, doc! {}).await, inserted);
    let all = (
        (Sensor::INSTALLED_AT.set(two.installed_at), Sensor::KIND.set(two.kind)),
        (Sensor::NAME.set(&two.name), Sensor::SERIAL_NO.set(two.serial_no)),
        (Sensor::STATE.set(&two.state), Sensor::PRICE.set(two.price), Sensor::TAGS.set(&two.tags)),
    );
    two.update(db, all).await.unwrap();
    assert_eq!(raw(&test, doc! {}).await, inserted);
    assert_eq!(two, sensor(2));

    two.delete(db).await.unwrap();
    Sensor::insert_many(db, &[two]).await.unwrap();
    assert_eq!(raw(&test, doc! {}).await, inserted);
}

#[tokio::test]
async fn every_filter_matches_the_stored_form() {
    let test = database().await;
    let sensors = sensors(&test).await;
    let two = &sensors[1];
    for filter in [
        Sensor::ID.eq(two.id),
        Sensor::ID.is_in([two.id, Uuid::nil()]),
        Sensor::INSTALLED_AT.eq(two.installed_at),
        Sensor::INSTALLED_AT.gt(day(1)) & Sensor::INSTALLED_AT.lt(day(3)),
        Sensor::INSTALLED_AT.is_in([day(2), day(9)]),
        Sensor::KIND.eq(Kind::Wind) & Sensor::ID.ne(sensors[3].id),
        Sensor::KIND.ne(Kind::AirPressure) & Sensor::NAME.ne("Sensor 4"),
        Sensor::NAME.eq("Sensor 2"),
        Sensor::NAME.regex("2$"),
        Sensor::SERIAL_NO.eq(Serial(200)),
        Sensor::SERIAL_NO.gt(Serial(100)) & Sensor::SERIAL_NO.lte(Serial(200)),
        Sensor::STATE.eq(State::Failed { code: 2 }),
        Sensor::STATE.at("Failed").at("code").eq(2),
        Sensor::PRICE.eq(14),
        Sensor::PRICE.is_in([14, 15]),
        Sensor::PRICE.gt(7) & Sensor::PRICE.lt(21),
        Sensor::TAGS.contains("NO2"),
        Sensor::TAGS.contains_all(["ALL", "No2"]),
        Sensor::TAGS.eq(vec!["ALL".to_owned(), "NO2".to_owned()]),
    ] {
        let shown = filter.to_string();
        assert_eq!(found(&test, filter).await, [2], "{shown}");
    }
    assert_eq!(found(&test, Sensor::STATE.eq(State::Idle)).await, [1]);
    assert_eq!(found(&test, Sensor::STATE.not_in([State::Idle])).await, [2, 3, 4]);
    assert_eq!(found(&test, Sensor::KIND.not_in([Kind::Wind])).await, [1, 3]);
}

#[tokio::test]
async fn orders_and_pages_use_the_stored_form() {
    let test = database().await;
    let db = test.db();
    let sensors = sensors(&test).await;
    for order in [
        Sensor::ID.asc(),
        Sensor::INSTALLED_AT.asc(),
        Sensor::NAME.asc(),
        Sensor::SERIAL_NO.asc(),
        Sensor::PRICE.asc(),
        (Sensor::KIND.asc(), Sensor::INSTALLED_AT.desc()).into(),
        (Sensor::KIND.desc(), Sensor::ID.desc()).into(),
    ] {
        let shown = format!("{order:?}");
        let query = || Sensor::find_all().order_by(order.clone());
        let whole = query().all(db).await.unwrap();
        if shown.starts_with("Sort({ \"kind\": 1") {
            let wind = [&sensors[2], &sensors[0], &sensors[3], &sensors[1]];
            assert_eq!(whole.iter().collect::<Vec<_>>(), wind);
        } else if shown.matches(':').count() == 1 {
            assert_eq!(whole, sensors, "{shown}");
        }
        let mut pages = query().limit(1).all(db).await.unwrap();
        while let Some(last) = pages.last() {
            let next = query().after(last).limit(1);
            let next = assert_commands!(test, 1, next.all(db).await.unwrap());
            if next.is_empty() {
                break;
            }
            pages.extend(next);
            assert!(pages.len() <= 4, "{shown}: {pages:?}");
        }
        assert_eq!(pages, whole, "{shown}");
    }
}

#[tokio::test]
async fn updates_store_the_same_form_as_save() {
    let test = database().await;
    let db = test.db();
    let mut one = sensor(1).insert(db).await.unwrap();
    one.update(
        db,
        (
            Sensor::INSTALLED_AT.max(day(20)),
            Sensor::KIND.set(Kind::Wind),
            Sensor::NAME.set("renamed"),
            Sensor::SERIAL_NO.inc(5),
            Sensor::STATE.set(State::Failed { code: 3 }),
            Sensor::PRICE.min(5),
            Sensor::TAGS.push("NEW"),
        ),
    )
    .await
    .unwrap();
    let expected = Sensor {
        installed_at: day(20),
        kind: Kind::Wind,
        name: "renamed".to_owned(),
        serial_no: Serial(105),
        state: State::Failed { code: 3 },
        price: 5,
        tags: ["all", "no1", "new"].map(str::to_owned).to_vec(),
        ..sensor(1)
    };
    assert_eq!(one, expected);
    assert_stored_types(&raw(&test, doc! {}).await);
    one.update(db, Sensor::TAGS.pull("ALL")).await.unwrap();
    assert_eq!(one.tags, ["no1", "new"]);
    let changed = Sensor::find(Sensor::INSTALLED_AT.eq(day(20))).update(db, Sensor::PRICE.set(1_000_000));
    assert_eq!(changed.await.unwrap(), 1);
    assert_eq!(raw(&test, doc! {}).await.get_str("price").unwrap(), "1000000");
}

#[tokio::test]
async fn documents_are_found_by_an_id_with_an_encoder() {
    let test = database().await;
    let db = test.db();
    let sensors = sensors(&test).await;
    let ids: Vec<_> = sensors.iter().rev().map(|sensor| sensor.id).collect();
    assert_eq!(Sensor::get(db, ids[0]).await.unwrap().as_ref(), Some(&sensors[3]));
    let found = assert_commands!(test, 1, Sensor::get_many(db, &ids).await.unwrap());
    assert_eq!(found, sensors.iter().rev().cloned().collect::<Vec<_>>());
    Sensor::update_by_id(db, ids[0], Sensor::NAME.set("four")).await.unwrap();
    assert_eq!(Sensor::find(Sensor::NAME.eq("four")).one(db).await.unwrap().id, ids[0]);
    assert_eq!(sensors[3].delete(db).await.unwrap().deleted(), 1);
    let mut fresh = sensors[2].clone();
    fresh.id = Uuid::new_v4();
    fresh.save(db).await.unwrap();
    assert_eq!(Sensor::find_all().count(db).await.unwrap(), 4);
}
