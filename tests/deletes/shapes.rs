//! Deletes in chains, cycles and diamonds terminate.

use std::sync::Mutex;

use earnorm::prelude::*;
use earnorm::{Cause, Result};
use earnorm_testkit::assert_commands;
use earnorm_tests::{count, database};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[model(hooks)]
struct Step {
    #[serde(rename = "_id")]
    id: i32,
    #[relation(many_to_one, target = "Step", on_delete = "cascade")]
    previous_id: Option<i32>,
    #[relation(many_to_one, target = "Step", on_delete = "cascade")]
    other_id: Option<i32>,
    walk: i32,
}

/// A chain with one key, so that each level is one query.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[model(hooks)]
struct Ring {
    #[serde(rename = "_id")]
    id: i32,
    #[relation(many_to_one, target = "Ring", name = "previous", on_delete = "cascade")]
    previous_id: Option<i32>,
}

impl Hooks for Ring {
    async fn before_delete(&self, cx: &HookContext<'_>) -> Result<()> {
        SEEN.lock().unwrap().push((1, self.id, cx.cause()));
        Ok(())
    }
}

/// The steps whose hooks ran, with the cause. The walk is different in each test, because tests run concurrently.
static SEEN: Mutex<Vec<(i32, i32, Cause)>> = Mutex::new(Vec::new());

impl Hooks for Step {
    async fn before_delete(&self, cx: &HookContext<'_>) -> Result<()> {
        SEEN.lock().unwrap().push((self.walk, self.id, cx.cause()));
        Ok(())
    }
}

fn seen(walk: i32) -> Vec<(i32, Cause)> {
    let mut seen: Vec<_> =
        SEEN.lock().unwrap().iter().filter(|seen| seen.0 == walk).map(|(_, id, cause)| (*id, *cause)).collect();
    seen.sort_by_key(|(id, _)| *id);
    seen
}

fn step(walk: i32, id: i32, previous_id: Option<i32>, other_id: Option<i32>) -> Step {
    Step { id, previous_id, other_id, walk }
}

#[tokio::test]
async fn a_chain_of_ten_thousand_documents_is_deleted() {
    let test = database().await;
    let db = test.db();
    let rings: Vec<Ring> = (0..10_000).map(|id| Ring { id, previous_id: (id > 0).then(|| id - 1) }).collect();
    Ring::insert_many(db, &rings).await.unwrap();
    Ring::ensure_indexes(db).await.unwrap();
    let report = rings[0].delete(db).await.unwrap();
    assert_eq!(report.deleted(), 10_000);
    assert_eq!(count::<Ring>(db).await, 0);
    let seen = seen(1);
    assert_eq!(seen.len(), 10_000, "each hook ran once");
    assert_eq!(seen[0].1, Cause::Direct);
    assert_eq!(seen[9_999].1, Cause::Relation { model: "Ring", relation: "previous" });
}

#[tokio::test]
async fn a_diamond_of_two_thousand_documents_is_deleted() {
    let test = database().await;
    let db = test.db();
    let mut steps = vec![step(2, 0, None, None)];
    steps.extend((1..=1_000).map(|n| step(2, n, Some(0), None)));
    steps.extend((1..=1_000).map(|n| step(2, 1_000 + n, Some(n), Some(1_001 - n))));
    steps.push(step(2, 3_000, Some(1_001), Some(2_000)));
    Step::insert_many(db, &steps).await.unwrap();
    let report = steps[0].delete(db).await.unwrap();
    assert_eq!(report.deleted(), 2_002);
    assert_eq!(count::<Step>(db).await, 0);
    assert_eq!(seen(2).len(), 2_002, "each hook ran once");
}

#[tokio::test]
async fn documents_that_refer_to_themselves_or_each_other_are_deleted() {
    let test = database().await;
    let db = test.db();
    let steps =
        [step(3, 1, Some(1), Some(1)), step(3, 2, Some(3), None), step(3, 3, Some(2), None), step(3, 4, None, None)];
    Step::insert_many(db, &steps).await.unwrap();
    assert_eq!(steps[0].delete(db).await.unwrap().deleted(), 1);
    assert_eq!(steps[1].delete(db).await.unwrap().deleted(), 2);
    assert_eq!(seen(3).len(), 3);
    assert_eq!(count::<Step>(db).await, 1);
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(one_to_many, target = "Egg", fk = "hen_id", cascade_delete)]
struct Hen {
    #[serde(rename = "_id")]
    id: i32,
    #[relation(many_to_one, target = "Egg", on_delete = "cascade")]
    egg_id: Option<i32>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Egg {
    #[serde(rename = "_id")]
    id: i32,
    hen_id: Option<i32>,
}

#[tokio::test]
async fn documents_of_two_models_that_refer_to_each_other_are_deleted() {
    let test = database().await;
    let db = test.db();
    let hens: Vec<Hen> = (0..50).map(|id| Hen { id, egg_id: Some((id + 1) % 50) }).collect();
    Hen::insert_many(db, &hens).await.unwrap();
    let eggs: Vec<Egg> = (0..50).map(|id| Egg { id, hen_id: Some(id) }).collect();
    Egg::insert_many(db, &eggs).await.unwrap();
    let plan = hens[0].plan_delete(db).await.unwrap();
    assert_eq!(plan.to_string(), "50 hens, 50 eggs deleted");
    assert_eq!(hens[0].delete(db).await.unwrap().deleted(), 100);
    assert_eq!(count::<Hen>(db).await + count::<Egg>(db).await, 0);
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(one_to_many, target = "Item", fk = "list_id", cascade_delete)]
struct List {
    #[serde(rename = "_id")]
    id: i32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(one_to_many, target = "Tick", fk = "item_id", cascade_delete)]
struct Item {
    #[serde(rename = "_id")]
    id: i32,
    list_id: i32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Tick {
    #[serde(rename = "_id")]
    id: i32,
    item_id: i32,
}

#[tokio::test]
async fn the_number_of_commands_depends_on_relations_and_thousands_of_ids() {
    let test = database().await;
    let db = test.db();
    List { id: 1 }.insert(db).await.unwrap();
    let items: Vec<Item> = (0..2_500).map(|id| Item { id, list_id: 1 }).collect();
    Item::insert_many(db, &items).await.unwrap();
    let ticks: Vec<Tick> = (0..7_500).map(|id| Tick { id, item_id: id % 2_500 }).collect();
    Tick::insert_many(db, &ticks).await.unwrap();
    // finds the list and the ids of its items; deletes ticks by the keys of a thousand items at a time, then items and
    // the list; commits
    let report = assert_commands!(test, 2 + 3 + 2 + 1, List { id: 1 }.delete(db).await.unwrap());
    assert_eq!(report.deleted(), 10_001);
}
