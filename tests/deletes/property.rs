//! Random data with all rules, cycles and diamonds. After a delete, the database is what an implementation in memory
//! computes; the plan predicted it; and a blocked plan wrote nothing.

use std::collections::{BTreeMap, BTreeSet};

use earnorm::mongodb::Database;
use earnorm::mongodb::bson::{Bson, Document};
use earnorm::prelude::*;
use earnorm_tests::{PropertyTest, documents};
use proptest::prelude::*;
use proptest::strategy::Strategy;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[model(collection = "ps")]
#[relation(many_to_many, target = "T", through = "Link")]
struct P {
    #[serde(rename = "_id")]
    id: i32,
    #[relation(many_to_one, target = "P", on_delete = "cascade")]
    parent_id: Option<i32>,
    #[relation(many_to_one, target = "Q", on_delete = "cascade")]
    q_id: Option<i32>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[model(collection = "qs")]
struct Q {
    #[serde(rename = "_id")]
    id: i32,
    #[relation(many_to_one, target = "P", on_delete = "cascade")]
    p_id: Option<i32>,
    #[relation(many_to_one, target = "Q", on_delete = "set_null")]
    friend_id: Option<i32>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[model(collection = "rs")]
struct R {
    #[serde(rename = "_id")]
    id: i32,
    #[relation(many_to_one, target = "P", on_delete = "restrict")]
    p_id: Option<i32>,
    #[relation(many_to_one, target = "Q", on_delete = "cascade")]
    q_id: Option<i32>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[model(collection = "ss")]
struct S {
    #[serde(rename = "_id")]
    id: i32,
    #[relation(many_to_one, target = "Q", on_delete = "set_null")]
    q_id: Option<i32>,
    #[relation(many_to_one, target = "R", on_delete = "cascade")]
    r_id: Option<i32>,
    #[relation(many_to_many, target = "P")]
    p_ids: Vec<i32>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[model(collection = "ts")]
struct T {
    #[serde(rename = "_id")]
    id: i32,
    #[relation(many_to_one, target = "S", on_delete = "restrict")]
    s_id: Option<i32>,
    #[relation(many_to_one, target = "P")]
    p_id: Option<i32>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, Model)]
#[model(collection = "links")]
struct Link {
    #[serde(rename = "_id")]
    id: i32,
    p_id: i32,
    t_id: i32,
}

/// A child model without dependents, which is deleted by its key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[model(collection = "us")]
struct U {
    #[serde(rename = "_id")]
    id: i32,
    #[relation(many_to_one, target = "R", on_delete = "cascade")]
    r_id: Option<i32>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Rule {
    Cascade,
    SetNull,
    Restrict,
    Pull,
}

/// The same rules as a table: holder, key, parent, rule.
const RULES: &[(&str, &str, &str, Rule)] = &[
    ("ps", "parent_id", "ps", Rule::Cascade),
    ("ps", "q_id", "qs", Rule::Cascade),
    ("qs", "p_id", "ps", Rule::Cascade),
    ("qs", "friend_id", "qs", Rule::SetNull),
    ("rs", "p_id", "ps", Rule::Restrict),
    ("rs", "q_id", "qs", Rule::Cascade),
    ("ss", "q_id", "qs", Rule::SetNull),
    ("ss", "r_id", "rs", Rule::Cascade),
    ("ss", "p_ids", "ps", Rule::Pull),
    ("ts", "s_id", "ss", Rule::Restrict),
    ("links", "p_id", "ps", Rule::Cascade),
    ("links", "t_id", "ts", Rule::Cascade),
    ("us", "r_id", "rs", Rule::Cascade),
];

type Key = (&'static str, i32);
type World = BTreeMap<Key, Document>;

fn refers_to(document: &Document, key: &str, id: i32) -> bool {
    match document.get(key) {
        Some(Bson::Int32(n)) => *n == id,
        Some(Bson::Array(ids)) => ids.contains(&Bson::Int32(id)),
        _ => false,
    }
}

/// The remaining documents, and the numbers of deleted documents, links and unlinked documents. `None` if a rule blocks
/// the delete.
fn delete(world: &World, roots: &[Key]) -> Option<(World, [u64; 3])> {
    let mut deleted: BTreeSet<Key> = roots.iter().copied().filter(|root| world.contains_key(root)).collect();
    loop {
        let more: Vec<Key> = world
            .iter()
            .filter(|(at, document)| {
                RULES.iter().any(|(holder, key, parent, rule)| {
                    *rule == Rule::Cascade
                        && *holder == at.0
                        && deleted.iter().any(|(collection, id)| collection == parent && refers_to(document, key, *id))
                })
            })
            .map(|(at, _)| *at)
            .filter(|at| !deleted.contains(at))
            .collect();
        if more.is_empty() {
            break;
        }
        deleted.extend(more);
    }
    let mut remaining: World =
        world.iter().filter(|(at, _)| !deleted.contains(at)).map(|(at, d)| (*at, d.clone())).collect();
    let is_link = |at: &&Key| at.0 == "links";
    let links = deleted.iter().filter(is_link).count() as u64;
    let mut numbers = [deleted.len() as u64 - links, links, 0];
    for (holder, key, parent, rule) in RULES {
        for (at, document) in &mut remaining {
            let mut referred = deleted.iter().filter(|(c, id)| c == parent && refers_to(document, key, *id)).copied();
            if at.0 != *holder {
                continue;
            }
            match rule {
                Rule::Restrict if referred.next().is_some() => return None,
                Rule::Cascade | Rule::Restrict => {}
                Rule::SetNull => {
                    if referred.next().is_some() {
                        drop(referred);
                        document.insert(*key, Bson::Null);
                        numbers[2] += 1;
                    }
                }
                Rule::Pull => {
                    let ids: Vec<Bson> = referred.map(|(_, id)| Bson::Int32(id)).collect();
                    let mut kept = document.get_array(key).unwrap().clone();
                    let before = kept.len();
                    kept.retain(|id| !ids.contains(id));
                    numbers[1] += (before - kept.len()) as u64;
                    document.insert(*key, kept);
                }
            }
        }
    }
    Some((remaining, numbers))
}

const COLLECTIONS: [&str; 7] = ["ps", "qs", "rs", "ss", "ts", "links", "us"];

async fn read(db: &Database) -> World {
    let mut world = World::new();
    for collection in COLLECTIONS {
        for document in documents(db, collection).await {
            world.insert((collection, document.get_i32("_id").unwrap()), document);
        }
    }
    world
}

async fn write(db: &Database, world: &World) {
    for collection in COLLECTIONS {
        let documents: Vec<&Document> = world.iter().filter(|(at, _)| at.0 == collection).map(|(_, d)| d).collect();
        db.collection::<Document>(collection).delete_many(doc! {}).await.unwrap();
        if !documents.is_empty() {
            db.collection::<Document>(collection).insert_many(documents).await.unwrap();
        }
    }
}

/// Up to six documents in each collection. Their keys are null, dangling or refer to another document.
fn random_world() -> impl Strategy<Value = World> {
    let id = || prop_oneof![2 => Just(None), 3 => (0..7_i32).prop_map(Some)];
    let key = move |id: Option<i32>| id.map_or(Bson::Null, Bson::Int32);
    let row = (id(), id(), prop::collection::vec(0..7_i32, 0..4));
    prop::collection::vec(prop::collection::vec(row, 0..6), 7).prop_map(move |rows| {
        let mut world = World::new();
        for (collection, rows) in COLLECTIONS.iter().zip(rows) {
            for (n, (a, b, ids)) in rows.into_iter().enumerate() {
                let n = i32::try_from(n).unwrap();
                let mut document = doc! { "_id": n };
                for (place, (_, name, _, rule)) in RULES.iter().filter(|rule| rule.0 == *collection).enumerate() {
                    let value = match (rule, *collection) {
                        (Rule::Pull, _) => Bson::from(ids.clone()),
                        (_, "links") => Bson::Int32([a, b][place].unwrap_or(6)),
                        _ => key([a, b][place.min(1)]),
                    };
                    document.insert(*name, value);
                }
                if *collection == "ts" {
                    document.insert("p_id", key(b));
                }
                world.insert((*collection, n), document);
            }
        }
        world
    })
}

async fn check(db: &Database, before: &World, roots: &[i32], in_batches: bool) {
    write(db, before).await;
    let keys: Vec<Key> = roots.iter().map(|id| ("ps", *id)).collect();
    let query = || P::find(P::ID.is_in(roots.to_vec()));
    let plan = query().plan_delete(db).await.unwrap();
    let Some((remaining, numbers)) = delete(before, &keys) else {
        assert!(plan.is_blocked(), "{plan}");
        assert!(query().delete(db).await.is_err());
        assert!(plan.execute(db).await.is_err());
        assert!(plan.execute_in_batches(db, |_| {}).await.is_err());
        assert_eq!(&read(db).await, before, "a blocked delete writes nothing");
        return;
    };
    assert!(!plan.is_blocked(), "{plan}");
    assert_eq!([plan.deleted(), plan.links(), plan.unlinked()], numbers, "{plan}");
    let report =
        if in_batches { plan.execute_in_batches(db, |_| {}).await.unwrap() } else { query().delete(db).await.unwrap() };
    assert_eq!([report.deleted(), report.links(), report.unlinked()], numbers, "{report}");
    assert_eq!(read(db).await, remaining);
}

#[test]
fn a_delete_matches_its_plan_and_an_implementation_in_memory() {
    let input = (random_world(), prop::collection::vec(0..6_i32, 0..3), any::<bool>());
    PropertyTest::new(96).run(&input, async |db, (world, roots, in_batches)| {
        check(db, &world, &roots, in_batches).await;
    });
}
