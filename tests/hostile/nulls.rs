//! Updates treat a null like a missing field, and a null array like an empty one.

use earnorm::Error;
use earnorm::mongodb::bson::Document;
use earnorm::prelude::*;
use earnorm_testkit::assert_commands;
use earnorm_tests::database;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Counter {
    #[serde(rename = "_id")]
    id: i64,
    name: String,
    hits: Option<i64>,
    small: Option<i32>,
    ratio: Option<f64>,
    tags: Option<Vec<String>>,
}

/// A document with nulls, one without the fields and one with values.
async fn counters(db: &mongodb::Database) -> Vec<Counter> {
    let all = db.collection::<Document>("counters");
    all.insert_one(doc! { "_id": 1_i64, "name": "n", "hits": null, "small": null, "ratio": null, "tags": null })
        .await
        .unwrap();
    all.insert_one(doc! { "_id": 2_i64, "name": "n" }).await.unwrap();
    let full = doc! { "_id": 3_i64, "name": "n", "hits": 5_i64, "small": 5, "ratio": 5.0, "tags": ["a", "b", "a"] };
    all.insert_one(full).await.unwrap();
    Counter::find_all().order_by(Counter::ID.asc()).all(db).await.unwrap()
}

#[tokio::test]
async fn numeric_updates_of_null_start_at_zero() {
    let test = database().await;
    let db = test.db();
    for mut counter in counters(db).await {
        let base = counter.hits.unwrap_or(0);
        let update = (Counter::HITS.inc(2), Counter::RATIO.inc(0.5), Counter::NAME.set("$name"));
        assert_commands!(test, 1, { counter.update(db, update).await.unwrap() });
        assert_eq!(counter.hits, Some(base + 2));
        assert_eq!(counter.name, "$name");
        assert_commands!(test, 1, { Counter::update_by_id(db, counter.id, Counter::HITS.mul(3)).await.unwrap() });
        assert_eq!(Counter::get(db, counter.id).await.unwrap().unwrap().hits, Some((base + 2) * 3));
    }
    db.collection::<Document>("counters").drop().await.unwrap();
    counters(db).await;
    assert_eq!(assert_commands!(test, 1, { Counter::find_all().update(db, Counter::HITS.mul(2)).await.unwrap() }), 3);
    let hits: Vec<_> = Counter::find_all().order_by(Counter::ID.asc()).all(db).await.unwrap();
    assert_eq!(hits.iter().map(|counter| counter.hits).collect::<Vec<_>>(), [Some(0), Some(0), Some(10)]);
    Counter::find_all()
        .update(db, (Counter::SMALL.min(4), Counter::HITS.max(7), Counter::RATIO.unset(), Counter::TAGS.push("x")))
        .await
        .unwrap();
    let all: Vec<_> = Counter::find_all().order_by(Counter::ID.asc()).all(db).await.unwrap();
    assert_eq!(all.iter().map(|counter| counter.small).collect::<Vec<_>>(), [Some(4); 3]);
    assert_eq!(all.iter().map(|counter| counter.hits).collect::<Vec<_>>(), [Some(7), Some(7), Some(10)]);
    assert_eq!(all.iter().map(|counter| counter.ratio).collect::<Vec<_>>(), [None; 3]);
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Shelf {
    #[serde(rename = "_id")]
    id: i64,
    hits: Option<i64>,
    place: Place,
    rows: Vec<Place>,
    names: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Place {
    city: String,
    floor: Option<i64>,
}

#[tokio::test]
async fn a_null_counts_as_missing_in_an_update_that_also_sets_paths() {
    let test = database().await;
    let db = test.db();
    let place = Place { city: "Rome".to_owned(), floor: None };
    let names = vec!["a".to_owned()];
    let mut shelf =
        Shelf { id: 1, hits: None, place: place.clone(), rows: vec![place], names }.insert(db).await.unwrap();
    let update = (Shelf::HITS.inc(1), Shelf::PLACE.at("city").set("$Oslo"), doc! { "$set": { "place.floor": 4_i64 } });
    assert_commands!(test, 1, { shelf.update(db, update).await.unwrap() });
    assert_eq!((shelf.hits, shelf.place.city.as_str(), shelf.place.floor), (Some(1), "$Oslo", Some(4)));
    shelf.update(db, (Shelf::HITS.inc(1), Shelf::NAMES.at(0).set("b"))).await.unwrap();
    assert_eq!((shelf.hits, shelf.names.as_slice()), (Some(2), ["b".to_owned()].as_slice()));
    // like the operators, it doesn't change elements of an array
    let before = shelf.clone();
    shelf.update(db, (Shelf::HITS.inc(1), Shelf::ROWS.at("city").set("x"))).await.unwrap_err();
    assert_eq!(Shelf::get(db, 1).await.unwrap().unwrap(), before);
}

#[tokio::test]
async fn min_and_max_ignore_null() {
    let test = database().await;
    let db = test.db();
    for mut counter in counters(db).await {
        counter.update(db, Counter::HITS.min(3)).await.unwrap();
        assert_eq!(counter.hits, Some(3));
        counter.update(db, Counter::SMALL.max(9)).await.unwrap();
        assert_eq!(counter.small, Some(9));
    }
}

#[tokio::test]
async fn integer_overflow_is_an_error() {
    let test = database().await;
    let db = test.db();
    let mut counter = counters(db).await.remove(2);
    for (at, by) in [(i64::MAX, 1), (i64::MIN, -1), (i64::MAX, i64::MAX)] {
        counter.update(db, Counter::HITS.set(at)).await.unwrap();
        let error = counter.update(db, Counter::HITS.inc(by)).await.unwrap_err();
        assert!(matches!(error, Error::Driver(_)), "{error:?}");
        assert_eq!(Counter::get(db, 3).await.unwrap().unwrap().hits, Some(at));
    }
    counter.update(db, Counter::HITS.set(i64::MAX - 1)).await.unwrap();
    counter.update(db, Counter::HITS.inc(1)).await.unwrap();
    assert_eq!(counter.hits, Some(i64::MAX));
    counter.update(db, Counter::RATIO.inc(1)).await.unwrap();
    assert_eq!(counter.ratio, Some(6.0));
}

#[tokio::test]
async fn array_updates_of_null_start_with_an_empty_array() {
    let test = database().await;
    let db = test.db();
    for mut counter in counters(db).await {
        let before = counter.tags.clone().unwrap_or_default();
        counter.update(db, Counter::TAGS.pull("a")).await.unwrap();
        let left: Vec<_> = before.iter().filter(|tag| *tag != "a").cloned().collect();
        assert_eq!(counter.tags.clone().unwrap_or_default(), left);
        counter.update(db, Counter::TAGS.push("$x")).await.unwrap();
        counter.update(db, Counter::TAGS.add_to_set("$x")).await.unwrap();
        counter.update(db, Counter::TAGS.add_to_set("y")).await.unwrap();
        let expected: Vec<_> = left.into_iter().chain(["$x".to_owned(), "y".to_owned()]).collect();
        assert_eq!(counter.tags, Some(expected));
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(many_to_many, target = "Group", name = "groups", ids = "group_ids")]
struct Person {
    #[serde(rename = "_id")]
    id: i64,
    #[serde(default, deserialize_with = "null_is_empty")]
    group_ids: Vec<i64>,
}

/// How a model reads the nulls of old documents.
fn null_is_empty<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<i64>, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(many_to_many, target = "Person", name = "people", target_ids = "group_ids")]
struct Group {
    #[serde(rename = "_id")]
    id: i64,
}

#[tokio::test]
async fn ids_are_added_to_a_null_array_of_keys() {
    let test = database().await;
    let db = test.db();
    let stored = db.collection::<Document>("people");
    let groups = [Group { id: 1 }, Group { id: 2 }];
    Group::insert_many(db, &groups).await.unwrap();
    for id in 1..=6_i64 {
        let old = if id % 2 == 0 {
            doc! { "_id": id, "group_ids": null }
        } else {
            doc! { "_id": id }
        };
        stored.insert_one(old).await.unwrap();
    }
    let people = Person::find_all().order_by(Person::ID.asc()).all(db).await.unwrap();
    let ids = async |id: i64| Person::get(db, id).await.unwrap().unwrap().group_ids;
    for person in &people[..2] {
        assert!(!person.groups().remove(db, &groups[0]).await.unwrap());
        assert!(!person.groups().clear(db).await.unwrap());
        assert!(assert_commands!(test, 1, { person.groups().add(db, &groups[0]).await.unwrap() }));
        assert_eq!(ids(person.id).await, [1]);
    }
    for person in &people[2..4] {
        assert!(!groups[0].people().remove(db, person).await.unwrap());
        assert!(assert_commands!(test, 1, { groups[1].people().add(db, person).await.unwrap() }));
        assert!(person.groups().add_many(db, &groups).await.unwrap());
        assert_eq!(ids(person.id).await, [2, 1]);
    }
    groups[0].people().add_many(db, &people[4..]).await.unwrap();
    assert_eq!((ids(5).await, ids(6).await), (vec![1], vec![1]));
}

#[tokio::test]
async fn a_key_array_that_is_not_an_array_is_not_changed() {
    let test = database().await;
    let db = test.db();
    let stored = db.collection::<Document>("people");
    stored.insert_one(doc! { "_id": 1_i64, "group_ids": "text" }).await.unwrap();
    let person = Person { id: 1, group_ids: vec![] };
    let group = Group { id: 1 }.insert(db).await.unwrap();
    assert!(person.groups().add(db, &group).await.is_err());
    assert!(group.people().add(db, &person).await.is_err());
    assert!(!person.groups().remove(db, &group).await.unwrap());
    assert_eq!(stored.find_one(doc! {}).await.unwrap(), Some(doc! { "_id": 1_i64, "group_ids": "text" }));
}
