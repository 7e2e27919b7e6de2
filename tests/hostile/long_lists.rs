//! Lists of ids that are too long or too slow for one command are split into several commands, with the same results.

use earnorm::mongodb::bson::Document;
use earnorm::prelude::*;
use earnorm_testkit::{Sent, assert_commands};
use earnorm_tests::database;

/// The size limit of a command.
const MAX_COMMAND: usize = 16 << 20;

#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
struct LongId {
    n: i64,
    text: String,
}

fn long_id(n: i64) -> LongId {
    LongId { n, text: format!("{n}-{}", "x".repeat(520_000)) }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(many_to_many, target = "Part", through = "Use")]
#[relation(many_to_many, name = "parts_with_it", target = "Part", target_ids = "whole_ids")]
#[relation(one_to_many, name = "own_parts", target = "Part", fk = "owner_id")]
struct Whole {
    #[serde(rename = "_id")]
    id: i64,
    #[relation(many_to_many, name = "listed", target = "Part")]
    part_ids: Vec<LongId>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Part {
    #[serde(rename = "_id")]
    id: LongId,
    rank: i64,
    #[serde(default)]
    whole_ids: Vec<i64>,
    owner_id: Option<i64>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Use {
    #[serde(rename = "_id")]
    id: Option<ObjectId>,
    whole_id: i64,
    part_id: LongId,
}

impl Default for Use {
    fn default() -> Self {
        Self { id: None, whole_id: 0, part_id: LongId { n: 0, text: String::new() } }
    }
}

/// The ids of 34 parts take 20 MB.
const PARTS: i64 = 34;

async fn parts(db: &mongodb::Database) -> (Whole, Vec<Part>) {
    let part = |n| Part { id: long_id(n), rank: (n * 7) % PARTS, whole_ids: vec![], owner_id: None };
    let parts: Vec<Part> = (0..PARTS).map(part).collect();
    for some in parts.chunks(17) {
        Part::insert_many(db, some).await.unwrap();
    }
    // the array alone is smaller than the limit of a document
    let part_ids = parts.iter().take(26).map(|part| part.id.clone()).collect();
    (Whole { id: 1, part_ids }.insert(db).await.unwrap(), parts)
}

fn assert_all_fit(sent: &Sent) {
    for command in sent {
        assert!(command.bytes() < MAX_COMMAND, "{} of {} bytes", command.name, command.bytes());
    }
}

/// Returns the result of a call, and asserts that none of its commands is too large.
macro_rules! fits {
    ($test:expr, $call:expr) => {{
        let (result, sent) = $test.log().record(async { $call.await.unwrap() }).await;
        assert_all_fit(&sent);
        result
    }};
}

fn numbers(parts: &[Part]) -> Vec<i64> {
    parts.iter().map(|part| part.id.n).collect()
}

#[tokio::test]
async fn no_command_is_too_large_for_ids_of_a_document() {
    let test = database().await;
    let db = test.db();
    let (whole, parts) = parts(db).await;
    let ids: Vec<LongId> = parts.iter().rev().map(|part| part.id.clone()).collect();
    let found = fits!(test, Part::get_many(db, &ids));
    assert_eq!(numbers(&found), (0..PARTS).rev().collect::<Vec<_>>());
    assert_eq!(numbers(&fits!(test, whole.listed().all(db))), (0..26).collect::<Vec<_>>());
    let by_rank = fits!(test, whole.listed().order_by(Part::RANK.asc()).skip(1).limit(3).all(db));
    let mut expected = parts[..26].to_vec();
    expected.sort_by_key(|part| part.rank);
    assert_eq!(numbers(&by_rank), numbers(&expected[1..4]));
    assert_eq!(fits!(test, whole.listed().count(db)), 26);
    assert_eq!(fits!(test, whole.listed().update_all(db, Part::OWNER_ID.set(5))), 26);
    let rest = Part::find(Part::RANK.lt(10));
    assert_eq!(fits!(test, Whole::LISTED.load(db, std::slice::from_ref(&whole)))[0].len(), 26);
    assert_eq!(fits!(test, rest.count(db)), 10);
}

#[tokio::test]
async fn no_command_is_too_large_for_links() {
    let test = database().await;
    let db = test.db();
    let (whole, parts) = parts(db).await;
    earnorm::ensure_indexes(db).await.unwrap();
    fits!(test, whole.parts().add_many(db, &parts));
    assert_eq!(fits!(test, whole.parts().all(db)).len(), 34);
    assert_eq!(fits!(test, whole.parts().count(db)), 34);
    assert!(fits!(test, whole.parts().exists(db)));
    assert_eq!(fits!(test, whole.parts().first(db)).unwrap().id.n, 0);
    assert_eq!(fits!(test, whole.parts().links(db)).len(), 34);
    let page = fits!(test, whole.parts().order_by(Part::RANK.desc()).page(db, 2, 3));
    let ranks: Vec<i64> = page.items.iter().map(|part| part.rank).collect();
    assert_eq!((page.total, ranks), (34, vec![30, 29, 28]));
    assert_eq!(fits!(test, whole.parts().update_all(db, Part::OWNER_ID.set(5))), 34);
    let mut rows = whole.parts().stream(db);
    let mut streamed = 0;
    let ((), sent) = test
        .log()
        .record(async {
            while let Some(row) = rows.next().await {
                row.unwrap();
                streamed += 1;
            }
        })
        .await;
    assert_all_fit(&sent);
    assert_eq!(streamed, 34);
    let mut rows = whole.parts().order_by(Part::RANK.asc()).stream(db);
    let mut ranks = Vec::new();
    while let Some(row) = rows.next().await {
        ranks.push(row.unwrap().rank);
    }
    assert_eq!(ranks, (0..PARTS).collect::<Vec<_>>());
    fits!(test, whole.parts().set(db, &parts[1..]));
    assert_eq!(Use::find_all().count(db).await.unwrap(), 33);
    assert_eq!(fits!(test, whole.parts().filter(Part::RANK.gte(0)).clear(db)), 33);
}

#[tokio::test]
async fn no_command_is_too_large_from_the_other_side() {
    let test = database().await;
    let db = test.db();
    let (whole, parts) = parts(db).await;
    fits!(test, whole.parts_with_it().add_many(db, &parts));
    fits!(test, whole.parts_with_it().set(db, &parts[5..]));
    assert_eq!(whole.parts_with_it().count(db).await.unwrap(), 29);
    fits!(test, whole.own_parts().add_many(db, parts.clone()));
    fits!(test, whole.own_parts().set(db, parts[2..].to_vec()));
    assert_eq!(whole.own_parts().count(db).await.unwrap(), 32);
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(many_to_many, target = "Item", through = "Entry", back_populates = "lists")]
struct List {
    #[serde(rename = "_id")]
    id: i64,
    #[relation(many_to_many, name = "listed", target = "Item")]
    item_ids: Vec<i64>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(many_to_many, target = "List", through = "Entry", back_populates = "items")]
struct Item {
    #[serde(rename = "_id")]
    id: i64,
    rank: i64,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, Model)]
struct Entry {
    #[serde(rename = "_id")]
    id: Option<ObjectId>,
    list_id: i64,
    item_id: i64,
}

/// 2,500 items as links and in an array, in no order. Every tenth id is missing, and some are repeated.
async fn list(db: &mongodb::Database) -> (List, Vec<Item>) {
    let ids: Vec<i64> = (0..2_500).map(|n| (n * 1_777) % 2_500).collect();
    let items: Vec<Item> = ids.iter().filter(|id| *id % 10 != 0).map(|id| Item { id: *id, rank: id % 97 }).collect();
    Item::insert_many(db, &items).await.unwrap();
    let entries: Vec<Entry> = ids.iter().map(|id| Entry { id: None, list_id: 1, item_id: *id }).collect();
    Entry::insert_many(db, &entries).await.unwrap();
    let item_ids = ids.iter().chain(&ids[..3]).copied().collect();
    (List { id: 1, item_ids }.insert(db).await.unwrap(), items)
}

#[tokio::test]
async fn chunked_reads_return_the_same_as_one_command() {
    let test = database().await;
    let db = test.db();
    let (list, items) = list(db).await;
    let sorted = |key: fn(&Item) -> (i64, i64)| {
        let mut items = items.clone();
        items.sort_by_key(key);
        items
    };
    let (by_id, by_rank) = (sorted(|item| (item.id, 0)), sorted(|item| (-item.rank, item.id)));
    assert_eq!(list.listed().all(db).await.unwrap(), items);
    assert_eq!(list.listed().skip(1_100).limit(7).all(db).await.unwrap(), items[1_100..1_107]);
    assert_eq!(list.listed().after(&items[1_900]).all(db).await.unwrap(), items[1_901..]);
    for (skip, limit) in [(0, 1), (3, 2_000), (2_240, 100), (2_250, 5)] {
        let window = |items: &[Item]| items.iter().skip(skip).take(limit).cloned().collect::<Vec<_>>();
        let (skip, limit) = (skip as u64, limit as u64);
        let ordered =
            |order: earnorm::Sort<Item>| (list.listed().order_by(order.clone()), list.items().order_by(order));
        let (listed, linked) = ordered(Item::ID.asc());
        assert_eq!(listed.skip(skip).limit(limit).all(db).await.unwrap(), window(&by_id));
        assert_eq!(linked.skip(skip).limit(limit).all(db).await.unwrap(), window(&by_id));
        let (listed, linked) = ordered(Item::RANK.desc());
        assert_eq!(listed.skip(skip).limit(limit).all(db).await.unwrap(), window(&by_rank));
        assert_eq!(linked.clone().skip(skip).limit(limit).all(db).await.unwrap(), window(&by_rank));
        let shown = window(&by_rank).len() as u64;
        assert_eq!(linked.clone().skip(skip).limit(limit).count(db).await.unwrap(), shown);
        assert_eq!(linked.clone().skip(skip).limit(limit).exists(db).await.unwrap(), shown > 0);
        let changed = linked.skip(skip).limit(limit).update_all(db, Item::RANK.inc(0)).await.unwrap();
        assert_eq!(changed, shown);
        let lookup = list.items().order_by(Item::RANK.desc()).skip(skip).limit(limit).with(Item::LISTS);
        let lookup = lookup.strategy(Strategy::Lookup).all(db).await.unwrap();
        assert_eq!(
            lookup.iter().map(|item| item.id).collect::<Vec<_>>(),
            window(&by_rank).iter().map(|item| item.id).collect::<Vec<_>>()
        );
    }
    let descending = list.items().order_by(Item::ID.desc()).limit(3).all(db).await.unwrap();
    assert_eq!(descending.iter().map(|item| item.id).collect::<Vec<_>>(), [2_499, 2_498, 2_497]);
    assert_eq!(
        list.items().filter(Item::RANK.lt(50)).count(db).await.unwrap(),
        items.iter().filter(|item| item.rank < 50).count() as u64
    );
    assert_eq!(list.items().filter(Item::RANK.eq(3)).delete_all(db).await.unwrap().deleted(), 23);
}

#[tokio::test]
async fn chunks_have_a_thousand_ids_and_only_needed_chunks_are_read() {
    let test = database().await;
    let db = test.db();
    let (list, _) = list(db).await;
    assert_commands!(test, 3, { list.listed().all(db).await.unwrap() });
    assert_commands!(test, 3, { list.listed().count(db).await.unwrap() });
    assert_commands!(test, 1, { list.listed().first(db).await.unwrap() });
    assert_commands!(test, 1, { list.listed().exists(db).await.unwrap() });
    assert_commands!(test, 4, { list.listed().page(db, 1, 10).await.unwrap() });
    // one more command for the links
    assert_commands!(test, 4, { list.items().all(db).await.unwrap() });
    assert_commands!(test, 4, { list.items().count(db).await.unwrap() });
    assert_commands!(test, 2, { list.items().first(db).await.unwrap() });
    assert_commands!(test, 2, { list.items().exists(db).await.unwrap() });
    assert_commands!(test, 5, { list.items().page(db, 1, 10).await.unwrap() });
    assert_commands!(test, 4, { list.items().update_all(db, Item::RANK.inc(1)).await.unwrap() });
    assert_commands!(test, 3, { Item::get_many(db, 0..2_500).await.unwrap() });
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(one_to_many, target = "Leaf", fk = "root_id", cascade_delete)]
struct Root {
    #[serde(rename = "_id")]
    id: Option<i64>,
    rank: i64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Leaf {
    #[serde(rename = "_id")]
    id: i64,
    root_id: Option<i64>,
}

#[tokio::test]
async fn a_limited_update_or_delete_includes_a_document_whose_id_is_null() {
    let test = database().await;
    let db = test.db();
    let roots = db.collection::<Document>("roots");
    for delete in [true, false] {
        roots.delete_many(doc! {}).await.unwrap();
        roots.insert_one(doc! { "_id": null, "rank": 1_i64 }).await.unwrap();
        roots.insert_one(doc! { "_id": 1_i64, "rank": 2_i64 }).await.unwrap();
        Leaf { id: 1, root_id: None }.save(db).await.unwrap();
        if delete {
            assert_eq!(Root::find_all().limit(5).delete(db).await.unwrap().deleted(), 2);
            assert_eq!(roots.count_documents(doc! {}).await.unwrap(), 0);
        } else {
            assert_eq!(Root::find_all().limit(5).update(db, Root::RANK.set(9)).await.unwrap(), 2);
            assert_eq!(roots.count_documents(doc! { "rank": 9_i64 }).await.unwrap(), 2);
        }
        // an empty key does not refer to the document whose id is null
        assert_eq!(Leaf::find_all().count(db).await.unwrap(), 1);
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Reading {
    #[serde(rename = "_id")]
    id: Number,
    value: i64,
}

/// A float that is used as an id.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Number(f64);

impl Eq for Number {}

impl std::hash::Hash for Number {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.to_bits().hash(state);
    }
}

#[tokio::test]
async fn get_many_compares_ids_as_get_does() {
    let test = database().await;
    let db = test.db();
    let stored = db.collection::<Document>("readings");
    stored.insert_one(doc! { "_id": 1_i64, "value": 7_i64 }).await.unwrap();
    stored.insert_one(doc! { "_id": 0.0, "value": 8_i64 }).await.unwrap();
    assert_eq!(Reading::get(db, Number(1.0)).await.unwrap().unwrap().value, 7);
    let found = Reading::get_many(db, [Number(-0.0), Number(2.0), Number(1.0), Number(0.0)]).await.unwrap();
    assert_eq!(found.iter().map(|reading| reading.value).collect::<Vec<_>>(), [8, 7]);
}
