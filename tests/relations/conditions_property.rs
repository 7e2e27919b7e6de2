//! Random conditions on random data with broken references, on every kind of relation, compared with an evaluator in
//! memory.

use earnorm::mongodb::Database;
use earnorm::mongodb::bson::{Bson, Document};
use earnorm::prelude::*;
use earnorm_tests::PropertyTest;
use proptest::prelude::*;
use proptest::strategy::Strategy;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(one_to_many, name = "leaves", target = "Leaf", fk = "root_id", back_populates = "root")]
#[relation(one_to_many, name = "ripe", target = "Leaf", fk = "root_id", filter = doc! { "rank": { "$gte": 1 } }, order_by = [("rank", -1)])]
#[relation(one_to_one, name = "crown", target = "Leaf", fk = "crown_of", back_populates = "crowned")]
#[relation(many_to_many, name = "joined", target = "Leaf", through = "Edge")]
#[relation(many_to_many, name = "holders", target = "Leaf", target_ids = "held_ids", back_populates = "held")]
#[relation(one_to_many, name = "shoots", target = "Root", fk = "parent_id", back_populates = "parent")]
struct Root {
    #[serde(rename = "_id")]
    id: i64,
    size: Option<i64>,
    #[serde(default)]
    #[relation(many_to_many, target = "Leaf", name = "listed", back_populates = "listing")]
    leaf_ids: Vec<Option<i64>>,
    #[relation(many_to_one, target = "Root", back_populates = "shoots")]
    parent_id: Option<i64>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(many_to_many, name = "joining", target = "Root", through = "Edge")]
#[relation(many_to_many, name = "listing", target = "Root", target_ids = "leaf_ids", back_populates = "listed")]
struct Leaf {
    #[serde(rename = "_id")]
    id: i64,
    size: Option<i64>,
    rank: i64,
    #[relation(many_to_one, target = "Root", back_populates = "leaves")]
    root_id: Option<i64>,
    #[relation(one_to_one, target = "Root", name = "crowned", back_populates = "crown")]
    crown_of: Option<i64>,
    #[serde(default)]
    #[relation(many_to_many, target = "Root", name = "held", back_populates = "holders")]
    held_ids: Vec<Option<i64>>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, Model)]
struct Edge {
    #[serde(rename = "_id")]
    id: i64,
    root_id: Option<i64>,
    leaf_id: Option<i64>,
}

/// The quantifier of a condition on related documents.
#[derive(Debug, Clone, Copy)]
enum Quantifier {
    Any,
    None,
    Every,
}

/// A condition on a document of either model. A relation is identified by its number.
#[derive(Debug, Clone)]
enum Tree {
    Larger(i64),
    And(Box<Tree>, Box<Tree>),
    Or(Box<Tree>, Box<Tree>),
    Not(Box<Tree>),
    Related(usize, Quantifier, Box<Tree>),
}

fn condition() -> impl Strategy<Value = Tree> {
    let leaf = (-1..3_i64).prop_map(Tree::Larger);
    leaf.prop_recursive(4, 12, 2, |inner| {
        let pair = (inner.clone(), inner.clone());
        let quantifier = prop_oneof![Just(Quantifier::Any), Just(Quantifier::None), Just(Quantifier::Every)];
        prop_oneof![
            1 => pair.clone().prop_map(|(a, b)| Tree::And(a.into(), b.into())),
            1 => pair.prop_map(|(a, b)| Tree::Or(a.into(), b.into())),
            1 => inner.clone().prop_map(|a| Tree::Not(a.into())),
            4 => (0..8_usize, quantifier, inner).prop_map(|(n, quantifier, a)| Tree::Related(n, quantifier, a.into())),
        ]
    })
}

macro_rules! quantified {
    ($quantifier:expr, $relation:expr, $inner:expr) => {
        match $quantifier {
            Quantifier::Any => $relation.filter($inner).any(),
            Quantifier::None => $relation.filter($inner).none(),
            Quantifier::Every => $relation.every($inner),
        }
    };
}

fn on_root(condition: &Tree) -> Filter<Root> {
    match condition {
        Tree::Larger(n) => Root::SIZE.gt(*n),
        Tree::And(a, b) => on_root(a) & on_root(b),
        Tree::Or(a, b) => on_root(a) | on_root(b),
        Tree::Not(a) => !on_root(a),
        Tree::Related(n, quantifier, inner) => match n {
            0 => quantified!(quantifier, Root::LEAVES, on_leaf(inner)),
            1 => quantified!(quantifier, Root::RIPE, on_leaf(inner)),
            2 => quantified!(quantifier, Root::CROWN, on_leaf(inner)),
            3 => quantified!(quantifier, Root::JOINED, on_leaf(inner)),
            4 => quantified!(quantifier, Root::LISTED, on_leaf(inner)),
            5 => quantified!(quantifier, Root::HOLDERS, on_leaf(inner)),
            6 => quantified!(quantifier, Root::SHOOTS, on_root(inner)),
            _ => quantified!(quantifier, Root::PARENT, on_root(inner)),
        },
    }
}

fn on_leaf(condition: &Tree) -> Filter<Leaf> {
    match condition {
        Tree::Larger(n) => Leaf::SIZE.gt(*n),
        Tree::And(a, b) => on_leaf(a) & on_leaf(b),
        Tree::Or(a, b) => on_leaf(a) | on_leaf(b),
        Tree::Not(a) => !on_leaf(a),
        Tree::Related(n, quantifier, inner) => match n % 5 {
            0 => quantified!(quantifier, Leaf::ROOT, on_root(inner)),
            1 => quantified!(quantifier, Leaf::CROWNED, on_root(inner)),
            2 => quantified!(quantifier, Leaf::HELD, on_root(inner)),
            3 => quantified!(quantifier, Leaf::JOINING, on_root(inner)),
            _ => quantified!(quantifier, Leaf::LISTING, on_root(inner)),
        },
    }
}

#[derive(Debug, Clone)]
struct World {
    roots: Vec<Root>,
    leaves: Vec<Leaf>,
    edges: Vec<Edge>,
}

fn evaluate(quantifier: Quantifier, mut related: impl Iterator<Item = bool>) -> bool {
    match quantifier {
        Quantifier::Any => related.any(|matches| matches),
        Quantifier::None => !related.any(|matches| matches),
        Quantifier::Every => related.all(|matches| matches),
    }
}

impl World {
    fn root(&self, root: &Root, condition: &Tree) -> bool {
        let leaves = |quantifier: &Quantifier, inner: &Tree, related: &dyn Fn(&Leaf) -> bool| {
            evaluate(*quantifier, self.leaves.iter().filter(|leaf| related(leaf)).map(|leaf| self.leaf(leaf, inner)))
        };
        let roots = |quantifier: &Quantifier, inner: &Tree, related: &dyn Fn(&Root) -> bool| {
            evaluate(*quantifier, self.roots.iter().filter(|other| related(other)).map(|other| self.root(other, inner)))
        };
        let id = Some(root.id);
        match condition {
            Tree::Larger(n) => root.size.is_some_and(|size| size > *n),
            Tree::And(a, b) => self.root(root, a) && self.root(root, b),
            Tree::Or(a, b) => self.root(root, a) || self.root(root, b),
            Tree::Not(a) => !self.root(root, a),
            Tree::Related(n, quantifier, inner) => match n {
                0 => leaves(quantifier, inner, &|leaf| leaf.root_id == id),
                1 => leaves(quantifier, inner, &|leaf| leaf.root_id == id && leaf.rank >= 1),
                2 => leaves(quantifier, inner, &|leaf| leaf.crown_of == id),
                3 => leaves(quantifier, inner, &|leaf| self.linked(root.id, leaf.id)),
                4 => leaves(quantifier, inner, &|leaf| root.leaf_ids.contains(&Some(leaf.id))),
                5 => leaves(quantifier, inner, &|leaf| leaf.held_ids.contains(&id)),
                6 => roots(quantifier, inner, &|other| other.parent_id == id),
                _ => roots(quantifier, inner, &|other| root.parent_id == Some(other.id)),
            },
        }
    }

    fn leaf(&self, leaf: &Leaf, condition: &Tree) -> bool {
        let roots = |quantifier: &Quantifier, inner: &Tree, related: &dyn Fn(&Root) -> bool| {
            evaluate(*quantifier, self.roots.iter().filter(|root| related(root)).map(|root| self.root(root, inner)))
        };
        match condition {
            Tree::Larger(n) => leaf.size.is_some_and(|size| size > *n),
            Tree::And(a, b) => self.leaf(leaf, a) && self.leaf(leaf, b),
            Tree::Or(a, b) => self.leaf(leaf, a) || self.leaf(leaf, b),
            Tree::Not(a) => !self.leaf(leaf, a),
            Tree::Related(n, quantifier, inner) => match n % 5 {
                0 => roots(quantifier, inner, &|root| leaf.root_id == Some(root.id)),
                1 => roots(quantifier, inner, &|root| leaf.crown_of == Some(root.id)),
                2 => roots(quantifier, inner, &|root| leaf.held_ids.contains(&Some(root.id))),
                3 => roots(quantifier, inner, &|root| self.linked(root.id, leaf.id)),
                _ => roots(quantifier, inner, &|root| root.leaf_ids.contains(&Some(leaf.id))),
            },
        }
    }

    fn linked(&self, root: i64, leaf: i64) -> bool {
        self.edges.iter().any(|edge| edge.root_id == Some(root) && edge.leaf_id == Some(leaf))
    }
}

/// A few ids, some of which don't exist, or no id.
fn key() -> impl Strategy<Value = Option<i64>> {
    prop_oneof![2 => Just(None), 6 => (0..5_i64).prop_map(Some)]
}

fn random_world() -> impl Strategy<Value = World> {
    let size = || prop::option::of(0..3_i64);
    let keys = || prop::collection::vec(key(), 0..3);
    let roots = prop::collection::vec((size(), keys(), key()), 0..5);
    let leaves = prop::collection::vec((size(), 0..3_i64, key(), key(), keys()), 0..5);
    let edges = prop::collection::vec((key(), key()), 0..6);
    (roots, leaves, edges).prop_map(|(roots, leaves, edges)| World {
        roots: (0..)
            .zip(roots)
            .map(|(id, (size, leaf_ids, parent_id))| Root { id, size, leaf_ids, parent_id })
            .collect(),
        leaves: (0..)
            .zip(leaves)
            .map(|(id, (size, rank, root_id, crown_of, held_ids))| Leaf { id, size, rank, root_id, crown_of, held_ids })
            .collect(),
        edges: (0..).zip(edges).map(|(id, (root_id, leaf_id))| Edge { id, root_id, leaf_id }).collect(),
    })
}

/// Documents as other programs may store them: numbers of different types, and nulls or missing fields.
fn stored<M: Model>(models: &[M]) -> Vec<Document> {
    let mixed = |n: usize, value: Bson| match value {
        Bson::Int64(i) if n.is_multiple_of(2) => Bson::Int32(i32::try_from(i).unwrap()),
        other => other,
    };
    let documents = models.iter().map(|model| bson::to_document(model).unwrap());
    let changed = documents.enumerate().map(|(n, document)| {
        let kept = document.into_iter().filter(|(_, value)| *value != Bson::Null || n.is_multiple_of(3));
        kept.enumerate().map(|(i, (name, value))| (name, mixed(n + i, value))).collect()
    });
    changed.collect()
}

async fn store<M: Model>(db: &Database, models: &[M]) {
    let collection = db.collection::<Document>(M::metadata().collection);
    collection.delete_many(doc! {}).await.unwrap();
    if !models.is_empty() {
        collection.insert_many(stored(models)).await.unwrap();
    }
}

async fn check(db: &Database, world: &World, trees: &[Tree], (skip, limit): (u64, u64)) {
    store(db, &world.roots).await;
    store(db, &world.leaves).await;
    store(db, &world.edges).await;
    for condition in trees {
        let roots: Vec<i64> =
            world.roots.iter().filter(|root| world.root(root, condition)).map(|root| root.id).collect();
        let leaves: Vec<&Leaf> = world.leaves.iter().filter(|leaf| world.leaf(leaf, condition)).collect();
        let query = || Root::find(on_root(condition)).order_by(Root::ID.asc());
        let ids = |found: Vec<Root>| found.into_iter().map(|root| root.id).collect::<Vec<_>>();
        assert_eq!(ids(query().all(db).await.unwrap()), roots, "{condition:?} {}", query().to_query().unwrap());
        assert_eq!(query().count(db).await.unwrap(), roots.len() as u64, "{condition:?}");
        assert_eq!(Leaf::find(on_leaf(condition)).count(db).await.unwrap(), leaves.len() as u64, "{condition:?}");

        let window = query().filter(Root::ID.ne(1)).skip(skip).limit(limit).all(db).await.unwrap();
        let size = |n: u64| usize::try_from(n).unwrap();
        let shown = roots.iter().copied().filter(|id| *id != 1).skip(size(skip)).take(size(limit));
        assert_eq!(ids(window), shown.collect::<Vec<_>>(), "{condition:?}");

        // as a filter of an include
        let mut each = world.roots.iter().map(|root| root.id);
        let of = Root::HOLDERS.filter(on_leaf(condition)).order_by(Leaf::ID.asc());
        for found in of.load(db, &world.roots).await.unwrap() {
            let id = each.next();
            let expected = leaves.iter().filter(|leaf| leaf.held_ids.contains(&id)).map(|leaf| leaf.id);
            assert_eq!(
                found.iter().map(|leaf| leaf.id).collect::<Vec<_>>(),
                expected.collect::<Vec<_>>(),
                "{condition:?}"
            );
        }
    }
    let Some(condition) = trees.first() else { return };
    let chosen = world.roots.iter().filter(|root| world.root(root, condition)).count() as u64;
    let update = Root::find(on_root(condition)).update(db, doc! { "$set": { "chosen": true } });
    assert_eq!(update.await.unwrap(), chosen, "{condition:?}");
    assert_eq!(Root::find(doc! { "chosen": true }).count(db).await.unwrap(), chosen, "{condition:?}");
}

#[test]
fn conditions_match_an_evaluator_in_memory() {
    let input = (random_world(), prop::collection::vec(condition(), 1..5), (0..3_u64, 0..4_u64));
    PropertyTest::new(60).run(&input, async |db, (world, trees, window)| check(db, &world, &trees, window).await);
}
