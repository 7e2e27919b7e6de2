//! Random data and random queries. Both strategies return what a search in memory returns.

use earnorm::Sort;
use earnorm::mongodb::Database;
use earnorm::mongodb::bson::{Bson, Document};
use earnorm::prelude::*;
use earnorm_tests::{PropertyTest, STRATEGIES};
use proptest::prelude::*;
use proptest::strategy::Strategy;
use serde_json::{Value, json};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(one_to_many, name = "children", target = "Node", fk = "parent_id", back_populates = "parent")]
#[relation(one_to_many, target = "Item", fk = "node_id")]
#[relation(one_to_one, target = "Badge", fk = "node_id")]
#[relation(many_to_many, name = "linked", target = "Item", through = "Link")]
#[relation(many_to_many, name = "fan_of", target = "Item", target_ids = "fan_ids")]
struct Node {
    #[serde(rename = "_id")]
    id: i64,
    rank: i64,
    #[relation(many_to_one, target = "Node", back_populates = "children")]
    parent_id: Option<i64>,
    #[relation(many_to_many, name = "listed", target = "Item")]
    item_ids: Vec<i64>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Item {
    #[serde(rename = "_id")]
    id: i64,
    rank: i64,
    #[relation(many_to_one, target = "Node")]
    node_id: Option<i64>,
    #[relation(many_to_many, name = "fans", target = "Node")]
    fan_ids: Vec<i64>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Badge {
    #[serde(rename = "_id")]
    id: i64,
    rank: i64,
    node_id: Option<i64>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, Model)]
struct Link {
    #[serde(rename = "_id")]
    id: i64,
    node_id: Option<i64>,
    item_id: Option<i64>,
}

/// A key: an id that exists, an id that doesn't, null, or missing.
#[derive(Debug, Clone, Copy)]
enum Key {
    Id(i64),
    Null,
    Missing,
}

impl Key {
    fn id(self) -> Option<i64> {
        match self {
            Self::Id(id) => Some(id),
            _ => None,
        }
    }

    /// Alternates between two types, so that documents of one parent store its id differently.
    fn insert(self, into: &mut Document, name: &str, at: i64) {
        match self {
            Self::Id(id) => drop(into.insert(name, if at % 2 == 0 { number(id) } else { Bson::Int64(id) })),
            Self::Null => drop(into.insert(name, Bson::Null)),
            Self::Missing => {}
        }
    }
}

/// The number in one of two types.
fn number(n: i64) -> Bson {
    if n % 3 == 0 { Bson::Int32(i32::try_from(n).unwrap()) } else { Bson::Int64(n) }
}

fn numbers(list: &[i64]) -> Vec<Bson> {
    // alternates, so that an id is stored in both types
    list.iter().enumerate().map(|(at, n)| if at % 2 == 0 { number(*n) } else { Bson::Int64(*n) }).collect()
}

#[derive(Debug, Clone)]
struct Data {
    nodes: Vec<(i64, Key, Vec<i64>)>,
    items: Vec<(i64, Key, Vec<i64>)>,
    badges: Vec<(i64, Key)>,
    links: Vec<(Key, Key)>,
}

const IDS: i64 = 9;

fn key() -> impl Strategy<Value = Key> {
    prop_oneof![8 => (0..IDS).prop_map(Key::Id), 1 => Just(Key::Null), 1 => Just(Key::Missing)]
}

fn data() -> impl Strategy<Value = Data> {
    let array = || prop::collection::vec(0..IDS, 0..6);
    let documents = || prop::collection::vec((0..4_i64, key(), array()), 0..8);
    let badges = prop::collection::vec((0..4_i64, key()), 0..8);
    let links = prop::collection::vec((key(), key()), 0..20);
    (documents(), documents(), badges, links).prop_map(|(nodes, items, badges, links)| Data {
        nodes,
        items,
        badges,
        links,
    })
}

impl Data {
    async fn store(&self, db: &Database) {
        let rows = |list: &[(i64, Key, Vec<i64>)], key: &str, array: &str| -> Vec<Document> {
            let rows = (0_i64..).zip(list).map(|(id, (rank, held, ids))| {
                let mut row = doc! { "_id": number(id), "rank": *rank, array: numbers(ids) };
                held.insert(&mut row, key, id);
                row
            });
            rows.collect()
        };
        let badges = (0_i64..).zip(&self.badges).map(|(id, (rank, held))| {
            let mut row = doc! { "_id": id, "rank": *rank };
            held.insert(&mut row, "node_id", id);
            row
        });
        let links = (0_i64..).zip(&self.links).map(|(id, (node, item))| {
            let mut row = doc! { "_id": id };
            node.insert(&mut row, "node_id", id);
            item.insert(&mut row, "item_id", id);
            row
        });
        let all = [
            ("nodes", rows(&self.nodes, "parent_id", "item_ids")),
            ("items", rows(&self.items, "node_id", "fan_ids")),
            ("badges", badges.collect()),
            ("links", links.collect()),
        ];
        for (name, rows) in all {
            let collection = db.collection::<Document>(name);
            collection.delete_many(doc! {}).await.unwrap();
            if !rows.is_empty() {
                collection.insert_many(rows).await.unwrap();
            }
        }
    }
}

/// The modifiers of an include or of the query.
#[derive(Debug, Clone)]
struct Modifiers {
    least: Option<i64>,
    descending: Option<bool>,
    skip: Option<u64>,
    limit: Option<u64>,
}

fn modifiers() -> impl Strategy<Value = Modifiers> {
    let window = || prop::option::of(0..4_u64);
    (prop::option::of(0..3_i64), prop::option::of(any::<bool>()), window(), window())
        .prop_map(|(least, descending, skip, limit)| Modifiers { least, descending, skip, limit })
}

/// A query or an include with the modifiers.
macro_rules! modified {
    ($of:expr, $model:ident, $modifiers:expr) => {{
        let modifiers: &Modifiers = $modifiers;
        let mut query = $of.filter($model::RANK.gte(modifiers.least.unwrap_or(0)));
        if let Some(descending) = modifiers.descending {
            let rank: Sort<$model> = if descending { $model::RANK.desc() } else { $model::RANK.asc() };
            query = query.order_by((rank, $model::ID.asc()));
        }
        if let Some(skip) = modifiers.skip {
            query = query.skip(skip);
        }
        if let Some(limit) = modifiers.limit {
            query = query.limit(limit);
        }
        query
    }};
}

impl Modifiers {
    fn is_windowed(&self) -> bool {
        self.skip.is_some() || self.limit.is_some()
    }

    /// The ids of those candidates that the modifiers select. Candidates are pairs of id and rank.
    fn select(&self, candidates: Vec<(i64, i64)>, in_given_order: bool) -> Vec<i64> {
        let mut left: Vec<_> = candidates.into_iter().filter(|(_, rank)| *rank >= self.least.unwrap_or(0)).collect();
        match self.descending {
            Some(true) => left.sort_by_key(|(id, rank)| (-rank, *id)),
            Some(false) => left.sort_by_key(|(id, rank)| (*rank, *id)),
            None if in_given_order => {}
            None => left.sort_by_key(|(id, _)| *id),
        }
        let skip = usize::try_from(self.skip.unwrap_or(0)).unwrap();
        let limit = self.limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap());
        left.into_iter().skip(skip).take(limit).map(|(id, _)| id).collect()
    }
}

#[derive(Debug, Clone)]
struct Question {
    root: Modifiers,
    children: Modifiers,
    below: Modifiers,
    parent: Modifiers,
    items: Modifiers,
    listed: Modifiers,
    linked: Modifiers,
    fan_of: Modifiers,
    badge: Modifiers,
    links: bool,
    optional: bool,
}

fn question() -> impl Strategy<Value = Question> {
    let all_modifiers = (
        modifiers(),
        modifiers(),
        modifiers(),
        modifiers(),
        modifiers(),
        modifiers(),
        modifiers(),
        modifiers(),
        modifiers(),
    );
    (all_modifiers, any::<bool>(), any::<bool>()).prop_map(|(all_modifiers, links, optional)| {
        let (root, children, below, parent, items, listed, linked, fan_of, badge) = all_modifiers;
        Question { root, children, below, parent, items, listed, linked, fan_of, badge, links, optional }
    })
}

mod views;

/// The results as JSON. Documents are reduced to their ids. Lists without an order are in id order.
async fn load(on: impl earnorm::Executor<'_>, q: &Question, strategy: earnorm::Strategy) -> Value {
    let children = modified!(Node::CHILDREN, Node, &q.children)
        .with(modified!(Node::LISTED, Item, &q.below))
        .with(modified!(Node::ITEMS, Item, &q.below).with(Item::FANS));
    let parent = modified!(Node::PARENT, Node, &q.parent).with(Node::LINKED).with(Node::CHILDREN.count());
    let query = modified!(Node::find_all(), Node, &q.root)
        .with(children)
        .with(parent)
        .with(q.optional.then_some(modified!(Node::ITEMS, Item, &q.items)))
        .with(modified!(Node::LISTED, Item, &q.listed).with(Item::NODE))
        .with(modified!(Node::FAN_OF, Item, &q.fan_of))
        .with(modified!(Node::BADGE, Badge, &q.badge))
        .with(modified!(Node::CHILDREN, Node, &q.children).count())
        .with(modified!(Node::LISTED, Item, &q.listed).count())
        .with(modified!(Node::LINKED, Item, &q.linked).count())
        .with(modified!(Node::FAN_OF, Item, &q.fan_of).count())
        .strategy(strategy);
    let linked = modified!(Node::LINKED, Item, &q.linked);
    let mut json = if q.links {
        serde_json::to_value(query.with(linked.links().with(Item::NODE)).all(on).await.unwrap()).unwrap()
    } else {
        serde_json::to_value(query.with(linked.with(Item::NODE)).all(on).await.unwrap()).unwrap()
    };
    reduce(&mut json);
    json
}

/// Removes all fields of documents except ids and relations.
fn reduce(value: &mut Value) {
    match value {
        Value::Array(list) => list.iter_mut().for_each(reduce),
        Value::Object(map) => {
            for plain in ["rank", "parent_id", "item_ids", "node_id", "fan_ids", "item_id"] {
                map.remove(plain);
            }
            map.values_mut().for_each(reduce);
        }
        _ => {}
    }
}

/// The same results, found by a search in memory.
struct Memory<'a> {
    data: &'a Data,
    q: &'a Question,
}

impl Memory<'_> {
    fn node(&self, id: i64) -> Option<&(i64, Key, Vec<i64>)> {
        self.data.nodes.get(usize::try_from(id).unwrap())
    }

    fn ranked<'d>(
        list: &'d [(i64, Key, Vec<i64>)],
        matches: impl Fn(&(i64, Key, Vec<i64>)) -> bool + 'd,
    ) -> Vec<(i64, i64)> {
        (0_i64..).zip(list).filter(|(_, row)| matches(row)).map(|(id, row)| (id, row.0)).collect()
    }

    fn children(&self, id: i64) -> Vec<(i64, i64)> {
        Self::ranked(&self.data.nodes, |row| row.1.id() == Some(id))
    }

    fn items(&self, id: i64) -> Vec<(i64, i64)> {
        Self::ranked(&self.data.items, |row| row.1.id() == Some(id))
    }

    fn fan_of(&self, id: i64) -> Vec<(i64, i64)> {
        Self::ranked(&self.data.items, |row| row.2.contains(&id))
    }

    fn among<'d>(list: &'d [(i64, Key, Vec<i64>)], ids: impl Iterator<Item = i64> + 'd) -> Vec<(i64, i64)> {
        let mut found = Vec::new();
        for id in ids {
            if let Some(row) = list.get(usize::try_from(id).unwrap())
                && !found.contains(&(id, row.0))
            {
                found.push((id, row.0));
            }
        }
        found
    }

    fn listed(&self, id: i64) -> Vec<(i64, i64)> {
        let ids = self.node(id).map_or(&[][..], |row| &row.2);
        Self::among(&self.data.items, ids.iter().copied())
    }

    fn linked(&self, id: i64) -> Vec<(i64, i64)> {
        let links = self.data.links.iter().filter(|link| link.0.id() == Some(id));
        Self::among(&self.data.items, links.filter_map(|link| link.1.id()))
    }

    /// The link between the two that is returned.
    fn link(&self, node: i64, item: i64) -> usize {
        let is = |link: &(Key, Key)| link.0.id() == Some(node) && link.1.id() == Some(item);
        self.data.links.iter().position(is).unwrap()
    }

    fn item_with_node(&self, id: i64) -> Value {
        let node = self.data.items[usize::try_from(id).unwrap()].1.id();
        json!({ "_id": id, "node": node.filter(|id| self.node(*id).is_some()).map(|id| json!({ "_id": id })) })
    }

    fn child(&self, id: i64) -> Value {
        let items = self.q.below.select(self.items(id), false).into_iter().map(|item| {
            let fans = self.data.items[usize::try_from(item).unwrap()].2.iter().copied();
            json!({ "_id": item, "fans": plain(Self::among(&self.data.nodes, fans).into_iter().map(|n| n.0)) })
        });
        let listed = self.q.below.select(self.listed(id), true).into_iter();
        json!({ "_id": id, "listed": plain(listed), "items": items.collect::<Vec<_>>() })
    }

    fn answer(&self) -> Value {
        let q = self.q;
        let rows = q.root.select(Self::ranked(&self.data.nodes, |_| true), false).into_iter().map(|id| {
            let parent = self.node(id).and_then(|row| row.1.id()).filter(|id| self.node(*id).is_some());
            let parent = parent.map(|id| (id, self.node(id).unwrap().0)).into_iter().collect();
            let parent = q.parent.select(parent, false).first().map(|id| {
                let linked = plain(Modifiers::all().select(self.linked(*id), false).into_iter());
                json!({ "_id": id, "linked": linked, "children_count": self.children(*id).len() })
            });
            let badges = (0_i64..).zip(&self.data.badges).filter(|(_, badge)| badge.1.id() == Some(id));
            let badge = q.badge.select(badges.map(|(id, badge)| (id, badge.0)).collect(), false);
            let linked = q.linked.select(self.linked(id), false);
            let counted = |ids: &[i64]| ids.len();
            let listed = q.listed.select(self.listed(id), true);
            let mut row = json!({
                "_id": id,
                "children": q.children.select(self.children(id), false).into_iter().map(|id| self.child(id)).collect::<Vec<_>>(),
                "parent": parent,
                "listed": listed.iter().map(|id| self.item_with_node(*id)).collect::<Vec<_>>(),
                "fan_of": plain(q.fan_of.select(self.fan_of(id), false).into_iter()),
                "badge": badge.first().map(|id| json!({ "_id": id })),
                "children_count": counted(&q.children.select(self.children(id), false)),
                "listed_count": counted(&listed),
                "linked_count": counted(&linked),
                "fan_of_count": counted(&q.fan_of.select(self.fan_of(id), false)),
                "linked": linked.iter().map(|item| {
                    let target = self.item_with_node(*item);
                    if q.links { json!({ "target": target, "link": { "_id": self.link(id, *item) } }) } else { target }
                }).collect::<Vec<_>>(),
            });
            if q.optional {
                row["items"] = plain(q.items.select(self.items(id), false).into_iter());
            }
            row
        });
        rows.collect()
    }

    /// Sorts lists without an order by id.
    fn sort(&self, graph: &mut Value) {
        let unordered = |modifiers: &Modifiers| modifiers.descending.is_none() && !modifiers.is_windowed();
        let by_id = |list: &mut Value| {
            let id = |value: &Value| value["_id"].as_i64().or(value["target"]["_id"].as_i64());
            list.as_array_mut().unwrap().sort_by_key(id);
        };
        let q = self.q;
        if unordered(&q.root) {
            by_id(graph);
        }
        for row in graph.as_array_mut().unwrap() {
            for (name, modifiers) in [("children", &q.children), ("fan_of", &q.fan_of), ("linked", &q.linked)] {
                if unordered(modifiers) {
                    by_id(&mut row[name]);
                }
            }
            if q.optional && unordered(&q.items) {
                by_id(&mut row["items"]);
            }
            if !row["parent"].is_null() {
                by_id(&mut row["parent"]["linked"]);
            }
            for child in row["children"].as_array_mut().unwrap() {
                if unordered(&q.below) {
                    by_id(&mut child["items"]);
                }
            }
        }
    }
}

impl Modifiers {
    fn all() -> Self {
        Self { least: None, descending: None, skip: None, limit: None }
    }
}

fn plain(ids: impl Iterator<Item = i64>) -> Value {
    ids.map(|id| json!({ "_id": id })).collect()
}

async fn check(db: &Database, data: &Data, questions: &[Question]) {
    data.store(db).await;
    for q in questions {
        let memory = Memory { data, q };
        let mut expected = memory.answer();
        memory.sort(&mut expected);
        for strategy in STRATEGIES {
            let mut outside = load(db, q, strategy).await;
            memory.sort(&mut outside);
            assert_eq!(outside, expected, "{strategy:?}");
            let mut viewed = views::load(db, q, strategy).await;
            memory.sort(&mut viewed);
            assert_eq!(viewed, expected, "{strategy:?} by views");
            let mut inside = earnorm::transaction(db, async |tx| Ok(load(tx, q, strategy).await)).await.unwrap();
            memory.sort(&mut inside);
            assert_eq!(inside, expected, "{strategy:?} in a transaction");
        }
    }
}

#[test]
fn both_strategies_match_a_search_in_memory() {
    let input = (data(), prop::collection::vec(question(), 1..4));
    PropertyTest::new(24).run(&input, async |db, (data, questions)| check(db, &data, &questions).await);
}
