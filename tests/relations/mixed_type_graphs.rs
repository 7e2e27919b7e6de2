//! Random graphs with ids and keys of all types, as other programs may write them. Every way to read a relation returns
//! what a search in memory returns.

use std::collections::BTreeSet;

use earnorm::mongodb::Database;
use earnorm::mongodb::bson::{self, Bson, Document, spec::BinarySubtype};
use earnorm::prelude::*;
use earnorm_tests::{AnyValue, PropertyTest, STRATEGIES, binary, decimal, regex};
use proptest::prelude::*;
use proptest::strategy::Strategy;

#[derive(Debug, Clone, Serialize, Deserialize, Model)]
#[relation(one_to_many, target = "Leaf", fk = "tree_id", cascade_delete)]
#[relation(many_to_many, target = "Rook", through = "Perch")]
#[relation(many_to_many, name = "homes_of", target = "Rook", target_ids = "tree_ids")]
struct Tree {
    #[serde(rename = "_id")]
    id: AnyValue,
    n: i32,
    #[relation(many_to_many, name = "seen", target = "Rook")]
    rook_ids: Vec<AnyValue>,
}

#[derive(Debug, Clone, Serialize, Deserialize, Model)]
struct Leaf {
    #[serde(rename = "_id")]
    id: i32,
    n: i32,
    #[relation(many_to_one, target = "Tree")]
    #[serde(default)]
    tree_id: Option<AnyValue>,
}

#[derive(Debug, Clone, Serialize, Deserialize, Model)]
struct Rook {
    #[serde(rename = "_id")]
    id: AnyValue,
    n: i32,
    tree_ids: Vec<AnyValue>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize, Model)]
struct Perch {
    #[serde(rename = "_id")]
    id: Option<i32>,
    #[serde(default)]
    tree_id: Option<AnyValue>,
    #[serde(default)]
    rook_id: Option<AnyValue>,
}

/// Lists of values that are equal on the server. None of them differ only in the order of their fields: these are
/// different on `mongod`, but the local server groups them together.
fn pool() -> Vec<Vec<Bson>> {
    vec![
        vec![1.into(), 1_i64.into(), 1.0.into(), decimal("1.0")],
        vec![(1_i64 << 53).into(), 2_f64.powi(53).into()],
        vec![((1_i64 << 53) + 1).into()],
        vec![1_234_567_890_123_456.0.into(), 1_234_567_890_123_456_i64.into()],
        vec![1_234_567_890_123_457.0.into()],
        vec![0.3.into()],
        vec![0.300_000_000_000_000_04.into()],
        vec![0.5.into(), decimal("0.50")],
        vec!["1".into()],
        vec!["a".into()],
        vec!["A".into()],
        vec![doc! { "ns": "a" }.into()],
        vec![doc! { "ns": "A" }.into()],
        vec![doc! { "ns": "a", "n": 1 }.into(), doc! { "ns": "a", "n": 1_i64 }.into()],
        vec![doc! {}.into()],
        vec![doc! { "list": [1, { "x": 0.5 }] }.into(), doc! { "list": [1.0, { "x": decimal("0.5") }] }.into()],
        vec![binary(BinarySubtype::Generic, &[1, 2])],
        vec![binary(BinarySubtype::Uuid, &[7; 16])],
        vec![Bson::ObjectId(ObjectId::from_bytes([1; 12]))],
        vec![true.into()],
        vec![Bson::DateTime(bson::DateTime::from_millis(5))],
        vec![Bson::Timestamp(bson::Timestamp { time: 1, increment: 2 })],
    ]
}

/// Values that can be a key but not an id.
fn not_ids() -> Vec<Bson> {
    vec![
        regex(".*"),
        regex("a"),
        doc! { "$gt": "" }.into(),
        doc! { "$ref": "trees", "$id": 1 }.into(),
        doc! { "$in": [1] }.into(),
        f64::NAN.into(),
        false.into(),
    ]
}

/// A key: a value that is equal to an id, in one of its types; a value that is not an id; null; or missing.
#[derive(Debug, Clone)]
enum Key {
    Of(usize, usize),
    NotAnId(usize),
    Null,
    Missing,
}

impl Key {
    fn value(&self) -> Option<Bson> {
        match self {
            Self::Of(class, form) => {
                let forms = &pool()[*class];
                Some(forms[form % forms.len()].clone())
            }
            Self::NotAnId(at) => Some(not_ids()[*at].clone()),
            Self::Null => Some(Bson::Null),
            Self::Missing => None,
        }
    }

    fn class(&self) -> Option<usize> {
        if let Self::Of(class, _) = self { Some(*class) } else { None }
    }

    fn insert(&self, document: &mut Document, name: &str) {
        document.extend(self.value().map(|value| (name.to_owned(), value)));
    }
}

/// A key from a few lists of equal values, so that keys are often equal to ids.
fn of(classes: Vec<usize>) -> impl Strategy<Value = Key> + Clone {
    (prop::sample::select(classes), 0..4_usize).prop_map(|(class, form)| Key::Of(class, form))
}

fn key(classes: Vec<usize>) -> impl Strategy<Value = Key> + Clone {
    prop_oneof![
        10 => of(classes),
        2 => (0..not_ids().len()).prop_map(Key::NotAnId),
        1 => Just(Key::Null),
        1 => Just(Key::Missing),
    ]
}

#[derive(Debug, Clone)]
struct Data {
    /// The list and the form of the id, and an array of keys.
    trees: Vec<(usize, usize, Vec<Key>)>,
    rooks: Vec<(usize, usize, Vec<Key>)>,
    leaves: Vec<Key>,
    perches: Vec<(Key, Key)>,
    limit: u64,
    /// The tree to delete.
    deleted: usize,
}

fn data() -> impl Strategy<Value = Data> {
    let some = prop::sample::subsequence((0..pool().len()).collect::<Vec<_>>(), 4..9);
    some.prop_flat_map(|classes| {
        let ids = |classes: Vec<usize>| {
            (prop::sample::subsequence(classes.clone(), 1..=classes.len()), 0..4_usize)
                .prop_map(|(some, form)| some.into_iter().map(|class| (class, form)).collect::<Vec<_>>())
        };
        let array =
            prop::collection::vec(key(classes.clone()).prop_filter("an item is there", |k| k.value().is_some()), 0..4);
        let arrays = move || prop::collection::vec(array.clone(), 9);
        let perch = (key(classes.clone()), key(classes.clone()));
        let of = (ids(classes.clone()), arrays(), ids(classes.clone()), arrays());
        (of, prop::collection::vec(key(classes), 0..8), prop::collection::vec(perch, 0..10), 1..4_u64, 0..9_usize)
            .prop_map(|((trees, held, rooks, homes), leaves, perches, limit, deleted)| {
                let with = |ids: Vec<(usize, usize)>, arrays: Vec<Vec<Key>>| {
                    ids.into_iter().zip(arrays).map(|((class, form), array)| (class, form, array)).collect::<Vec<_>>()
                };
                Data { trees: with(trees, held), rooks: with(rooks, homes), leaves, perches, limit, deleted }
            })
    })
}

fn number(n: usize) -> i32 {
    i32::try_from(n).unwrap()
}

impl Data {
    async fn store(&self, db: &Database) {
        let id = |(class, form, _): &(usize, usize, Vec<Key>)| Key::Of(*class, *form).value().unwrap();
        let array = |keys: &[Key]| keys.iter().filter_map(Key::value).collect::<Vec<_>>();
        let holders = |list: &[(usize, usize, Vec<Key>)], name: &str| {
            let rows = list.iter().enumerate();
            rows.map(|(n, row)| doc! { "_id": id(row), "n": number(n), name: array(&row.2) }).collect::<Vec<_>>()
        };
        let leaves = self.leaves.iter().enumerate().map(|(n, key)| {
            let mut leaf = doc! { "_id": number(n), "n": number(n) };
            key.insert(&mut leaf, "tree_id");
            leaf
        });
        let perches = self.perches.iter().enumerate().map(|(n, (tree, rook))| {
            let mut perch = doc! { "_id": number(n) };
            tree.insert(&mut perch, "tree_id");
            rook.insert(&mut perch, "rook_id");
            perch
        });
        for (name, rows) in [
            ("trees", holders(&self.trees, "rook_ids")),
            ("rooks", holders(&self.rooks, "tree_ids")),
            ("leaves", leaves.collect()),
            ("perches", perches.collect()),
        ] {
            let collection = db.collection::<Document>(name);
            collection.delete_many(doc! {}).await.unwrap();
            if !rows.is_empty() {
                collection.insert_many(rows).await.unwrap();
            }
        }
    }

    fn rook(&self, class: usize) -> Option<i32> {
        self.rooks.iter().position(|rook| rook.0 == class).map(number)
    }

    fn tree(&self, key: &Key) -> Option<i32> {
        self.trees.iter().position(|tree| Some(tree.0) == key.class()).map(number)
    }

    fn leaves(&self, tree: usize) -> Vec<i32> {
        let class = Some(self.trees[tree].0);
        (0..self.leaves.len()).filter(|leaf| self.leaves[*leaf].class() == class).map(number).collect()
    }

    fn rooks(&self, tree: usize) -> Vec<i32> {
        let class = Some(self.trees[tree].0);
        let links = self.perches.iter().filter(|perch| perch.0.class() == class);
        let found: BTreeSet<i32> = links.filter_map(|perch| self.rook(perch.1.class()?)).collect();
        found.into_iter().collect()
    }

    fn homes(&self, tree: usize) -> Vec<i32> {
        let class = Some(self.trees[tree].0);
        (0..self.rooks.len()).filter(|n| self.rooks[*n].2.iter().any(|key| key.class() == class)).map(number).collect()
    }

    /// In array order.
    fn seen(&self, tree: usize) -> Vec<i32> {
        let mut found = Vec::new();
        for rook in self.trees[tree].2.iter().filter_map(|key| self.rook(key.class()?)) {
            if !found.contains(&rook) {
                found.push(rook);
            }
        }
        found
    }

    /// The number of broken references.
    fn broken(&self) -> usize {
        let broken = |key: &Key, there: &dyn Fn(&Key) -> bool| !matches!(key, Key::Null | Key::Missing) && !there(key);
        let tree = |key: &Key| self.tree(key).is_some();
        let rook = |key: &Key| key.class().is_some_and(|class| self.rook(class).is_some());
        let arrays = self.trees.iter().flat_map(|row| &row.2).filter(|key| broken(key, &rook)).count();
        let homes = self.rooks.iter().flat_map(|row| &row.2).filter(|key| broken(key, &tree)).count();
        let leaves = self.leaves.iter().filter(|key| broken(key, &tree)).count();
        let ends = self.perches.iter();
        let ends = ends.map(|(a, b)| usize::from(broken(a, &tree)) + usize::from(broken(b, &rook))).sum::<usize>();
        arrays + homes + leaves + ends
    }
}

fn limited(list: &[i32], limit: u64) -> Vec<i32> {
    list.iter().copied().take(usize::try_from(limit).unwrap()).collect()
}

async fn check(db: &Database, data: &Data) {
    data.store(db).await;
    let trees = || Tree::find_all().order_by(Tree::N.asc());
    let leaves = |list: &[Leaf]| list.iter().map(|leaf| leaf.n).collect::<Vec<_>>();
    let rooks = |list: &[Rook]| list.iter().map(|rook| rook.n).collect::<Vec<_>>();

    // handles
    let all = trees().all(db).await.unwrap();
    for (n, tree) in all.iter().enumerate() {
        assert_eq!(leaves(&tree.leaves().order_by(Leaf::N.asc()).all(db).await.unwrap()), data.leaves(n));
        assert_eq!(rooks(&tree.rooks().order_by(Rook::N.asc()).all(db).await.unwrap()), data.rooks(n));
        assert_eq!(rooks(&tree.homes_of().order_by(Rook::N.asc()).all(db).await.unwrap()), data.homes(n));
        assert_eq!(rooks(&tree.seen().all(db).await.unwrap()), data.seen(n));
        assert_eq!(tree.rooks().count(db).await.unwrap(), data.rooks(n).len() as u64);
    }
    for leaf in Leaf::find_all().all(db).await.unwrap() {
        let key = &data.leaves[usize::try_from(leaf.n).unwrap()];
        assert_eq!(leaf.tree().get(db).await.unwrap().map(|tree| tree.n), data.tree(key));
    }

    // includes
    for strategy in STRATEGIES {
        let rows = trees().strategy(strategy).with(Tree::LEAVES.order_by(Leaf::N.asc())).with(Tree::SEEN);
        let rows = rows.with(Tree::ROOKS.order_by(Rook::N.asc())).with(Tree::HOMES_OF.order_by(Rook::N.asc()));
        for (n, row) in rows.all(db).await.unwrap().iter().enumerate() {
            assert_eq!(leaves(row.related(Tree::LEAVES)), data.leaves(n), "{strategy:?}");
            assert_eq!(rooks(row.related(Tree::ROOKS)), data.rooks(n), "{strategy:?}");
            assert_eq!(rooks(row.related(Tree::HOMES_OF)), data.homes(n), "{strategy:?}");
            assert_eq!(rooks(row.related(Tree::SEEN)), data.seen(n), "{strategy:?}");
        }
        let limit = data.limit;
        let rows = trees().strategy(strategy).with(Tree::LEAVES.order_by(Leaf::N.asc()).limit(limit));
        let rows = rows.with(Tree::ROOKS.order_by(Rook::N.asc()).limit(limit)).with(Tree::SEEN.limit(limit));
        let rows = rows.with(Tree::HOMES_OF.order_by(Rook::N.asc()).limit(limit));
        for (n, row) in rows.all(db).await.unwrap().iter().enumerate() {
            assert_eq!(leaves(row.related(Tree::LEAVES)), limited(&data.leaves(n), limit), "{strategy:?} {limit}");
            assert_eq!(rooks(row.related(Tree::ROOKS)), limited(&data.rooks(n), limit), "{strategy:?} {limit}");
            assert_eq!(rooks(row.related(Tree::HOMES_OF)), limited(&data.homes(n), limit), "{strategy:?} {limit}");
            assert_eq!(rooks(row.related(Tree::SEEN)), limited(&data.seen(n), limit), "{strategy:?} {limit}");
        }
        let rows = trees().strategy(strategy).with(Tree::LEAVES.count()).with(Tree::ROOKS.count());
        let rows = rows.with(Tree::SEEN.count()).with(Tree::HOMES_OF.count());
        for (n, row) in rows.all(db).await.unwrap().iter().enumerate() {
            assert_eq!(row.count(Tree::LEAVES), data.leaves(n).len() as u64, "{strategy:?}");
            assert_eq!(row.count(Tree::ROOKS), data.rooks(n).len() as u64, "{strategy:?}");
            assert_eq!(row.count(Tree::HOMES_OF), data.homes(n).len() as u64, "{strategy:?}");
            assert_eq!(row.count(Tree::SEEN), data.seen(n).len() as u64, "{strategy:?}");
        }
        let rows = trees().strategy(strategy).with(Tree::ROOKS.order_by(Rook::N.asc()).limit(limit).links());
        for (n, row) in rows.all(db).await.unwrap().iter().enumerate() {
            let linked: Vec<_> = row.related(Tree::ROOKS).iter().map(|linked| linked.target.n).collect();
            assert_eq!(linked, limited(&data.rooks(n), limit), "{strategy:?} {limit}");
        }
        for row in Leaf::find_all().strategy(strategy).with(Leaf::TREE).all(db).await.unwrap() {
            let key = &data.leaves[usize::try_from(row.n).unwrap()];
            assert_eq!(row.related(Leaf::TREE).map(|tree| tree.n), data.tree(key), "{strategy:?}");
        }
    }
    let counted = Tree::LEAVES.count_by(db, &all).await.unwrap();
    assert!(all.iter().enumerate().all(|(n, tree)| counted[&tree.id] == data.leaves(n).len() as u64));

    conditions(db, data).await;
    delete(db, data).await;
}

async fn conditions(db: &Database, data: &Data) {
    let found = async |condition: earnorm::Filter<Tree>| {
        let trees = Tree::find(condition).order_by(Tree::N.asc()).all(db).await.unwrap();
        trees.iter().map(|tree| tree.n).collect::<Vec<_>>()
    };
    let those = |of: &dyn Fn(usize) -> bool| (0..data.trees.len()).filter(|n| of(*n)).map(number).collect::<Vec<_>>();
    assert_eq!(found(Tree::LEAVES.any()).await, those(&|n| !data.leaves(n).is_empty()));
    assert_eq!(found(Tree::LEAVES.none()).await, those(&|n| data.leaves(n).is_empty()));
    assert_eq!(found(Tree::LEAVES.every(Leaf::N.lt(3))).await, those(&|n| data.leaves(n).iter().all(|leaf| *leaf < 3)));
    assert_eq!(found(Tree::ROOKS.any()).await, those(&|n| !data.rooks(n).is_empty()));
    assert_eq!(found(Tree::ROOKS.every(Rook::N.lt(2))).await, those(&|n| data.rooks(n).iter().all(|rook| *rook < 2)));
    assert_eq!(found(Tree::SEEN.any()).await, those(&|n| !data.seen(n).is_empty()));
    assert_eq!(found(Tree::SEEN.none()).await, those(&|n| data.seen(n).is_empty()));
    assert_eq!(found(Tree::HOMES_OF.any()).await, those(&|n| !data.homes(n).is_empty()));
    let with_tree = Leaf::find(Leaf::TREE.any()).count(db).await.unwrap();
    assert_eq!(with_tree, data.leaves.iter().filter(|key| data.tree(key).is_some()).count() as u64);
}

async fn delete(db: &Database, data: &Data) {
    let scanned = earnorm::integrity::scan(db).await.unwrap();
    // a link without a key is valid, because its keys are optional
    assert_eq!(scanned.len(), data.broken(), "{scanned}");
    let n = data.deleted % data.trees.len();
    let class = Some(data.trees[n].0);
    let tree = Tree::find(Tree::N.eq(number(n))).one(db).await.unwrap();
    let links = data.perches.iter().filter(|perch| perch.0.class() == class).count();
    let plan = tree.plan_delete(db).await.unwrap();
    let shown = plan.to_string();
    let report = plan.execute(db).await.unwrap();
    assert_eq!(report.deleted(), 1 + data.leaves(n).len() as u64, "{shown}");
    let left = async |name: &str| {
        let rows = db.collection::<Document>(name).count_documents(doc! {}).await.unwrap();
        usize::try_from(rows).unwrap()
    };
    assert_eq!(left("leaves").await, data.leaves.len() - data.leaves(n).len());
    assert_eq!(left("perches").await, data.perches.len() - links);
    assert_eq!(left("trees").await, data.trees.len() - 1);
    for (rook, (_, _, keys)) in data.rooks.iter().enumerate() {
        let stored = db.collection::<Document>("rooks").find_one(doc! { "n": number(rook) }).await.unwrap().unwrap();
        let kept = keys.iter().filter(|key| key.class() != class).count();
        assert_eq!(stored.get_array("tree_ids").unwrap().len(), kept, "{shown}");
    }
}

#[test]
fn every_read_matches_a_search_in_memory() {
    PropertyTest::new(50).run(&data(), async |db, data| check(db, &data).await);
}
