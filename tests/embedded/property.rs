//! Random nested data: both strategies, handles and an evaluation in memory agree.

use std::collections::BTreeMap;

use earnorm::mongodb::bson::{Bson, Document};
use earnorm::prelude::*;
use earnorm_tests::{PropertyTest, STRATEGIES};
use proptest::prelude::{Just, any, prop, prop_oneof};
use proptest::strategy::Strategy as _;

/// Models with defaults, so that they read everything that is generated.
mod models {
    use earnorm::prelude::*;

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Embedded)]
    pub(super) struct Leaf {
        #[relation(many_to_one, target = Thing)]
        #[serde(default)]
        pub(super) thing_id: Option<i32>,
        #[serde(default)]
        pub(super) n: i32,
    }

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Embedded)]
    pub(super) struct Branch {
        #[model(embedded)]
        #[serde(default)]
        pub(super) leaves: Option<Vec<Option<Leaf>>>,
        #[model(embedded)]
        #[serde(default)]
        pub(super) best: Option<Leaf>,
    }

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
    pub(super) struct Tree {
        #[serde(rename = "_id")]
        pub(super) id: i32,
        #[model(embedded)]
        #[serde(default)]
        pub(super) branches: Vec<Option<Branch>>,
        #[model(embedded)]
        #[serde(default)]
        pub(super) root: Option<Branch>,
    }

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
    #[relation(many_to_many, target = Tree, target_ids = branches.leaves.thing_id)]
    #[relation(many_to_many, name = "roots", target = Tree, target_ids = root.leaves.thing_id)]
    pub(super) struct Thing {
        #[serde(rename = "_id")]
        pub(super) id: i32,
        pub(super) even: bool,
    }
}
use models::{Branch, Leaf, Thing, Tree};

fn leaf() -> impl proptest::strategy::Strategy<Value = Bson> {
    let key = prop_oneof![
        4 => (0..6_i32).prop_map(Bson::Int32),
        1 => (0..6_i64).prop_map(Bson::Int64),
        1 => Just(Bson::Null),
    ];
    prop_oneof![
        6 => (key, any::<i8>()).prop_map(|(key, n)| doc! { "thing_id": key, "n": i32::from(n % 3) }.into()),
        1 => Just(Bson::Null),
        1 => Just(doc! {}.into()),
    ]
}

fn branch() -> impl proptest::strategy::Strategy<Value = Bson> {
    let leaves = prop_oneof![
        6 => prop::collection::vec(leaf(), 0..4).prop_map(Bson::Array),
        1 => Just(Bson::Null),
    ];
    prop_oneof![
        8 => (prop::option::of(leaves), prop::option::of(leaf())).prop_map(|(leaves, best)| {
            let mut branch = Document::new();
            branch.extend(leaves.map(|leaves| ("leaves".to_owned(), leaves)));
            branch.extend(best.map(|best| ("best".to_owned(), best)));
            branch.into()
        }),
        1 => Just(Bson::Null),
    ]
}

fn tree() -> impl proptest::strategy::Strategy<Value = Document> {
    let branches = prop::option::of(prop::collection::vec(branch(), 0..3));
    (branches, prop::option::of(branch())).prop_map(|(branches, root)| {
        let mut tree = Document::new();
        tree.extend(branches.map(|branches| ("branches".to_owned(), branches.into())));
        tree.extend(root.map(|root| ("root".to_owned(), root)));
        tree
    })
}

/// Documents whose paths store other values than embedded documents. They can't be read as `Tree`s, but they are in the
/// collection while others are read, counted and deleted by.
fn odd() -> impl proptest::strategy::Strategy<Value = Document> {
    let value = prop_oneof![
        Just(Bson::Int32(3)),
        Just(Bson::from("text")),
        Just(Bson::Array(vec![Bson::Int32(1), Bson::Array(vec![])])),
        Just(Bson::from(doc! { "leaves": 5 })),
    ];
    value.prop_map(|value| doc! { "branches": value })
}

fn leaves(branch: Option<&Branch>) -> Vec<&Leaf> {
    let leaves = branch.and_then(|branch| branch.leaves.as_ref());
    leaves.into_iter().flatten().flatten().collect()
}

#[test]
fn batches_lookups_handles_and_memory_agree() {
    let inputs = (
        prop::collection::vec(tree(), 0..4),
        prop::collection::vec(odd(), 0..2),
        prop::collection::btree_map(0..5_i32, any::<bool>(), 0..5),
        any::<bool>(),
    );
    PropertyTest::new(2_000).run(&inputs, async |db, (trees, odd, things, filtered)| {
        let (trees, things): (Vec<Document>, BTreeMap<i32, bool>) = (trees, things);
        for collection in ["trees", "things"] {
            db.collection::<Document>(collection).delete_many(doc! {}).await.unwrap();
        }
        let mut stored: Vec<Document> = Vec::new();
        for (id, mut tree) in trees.into_iter().enumerate() {
            tree.insert("_id", i32::try_from(id).unwrap());
            stored.push(tree);
        }
        let readable = i32::try_from(stored.len()).unwrap();
        for (id, mut tree) in odd.into_iter().enumerate() {
            tree.insert("_id", 100 + i32::try_from(id).unwrap());
            stored.push(tree);
        }
        if !stored.is_empty() {
            db.collection::<Document>("trees").insert_many(&stored).await.unwrap();
        }
        let all: Vec<Thing> = things.iter().map(|(id, even)| Thing { id: *id, even: *even }).collect();
        Thing::insert_many(db, &all).await.unwrap();
        let thing = |leaf: &Leaf| {
            let id = leaf.thing_id?;
            things.get(&id).filter(|even| !filtered || **even).map(|even| Thing { id, even: *even })
        };
        let include = || {
            let thing = if filtered { Leaf::THING.filter(Thing::EVEN.eq(true)) } else { Leaf::THING.filter(doc! {}) };
            (Branch::LEAVES.with(thing.clone()), Branch::BEST.with(thing))
        };
        let mut results = Vec::new();
        for strategy in STRATEGIES {
            let ((leaves_of, best_of), (root_leaves, root_best)) = (include(), include());
            let query = Tree::find(Tree::ID.lt(100))
                .with(Tree::BRANCHES.with(leaves_of).with(best_of))
                .with(Tree::ROOT.with(root_leaves).with(root_best))
                .order_by(Tree::ID.asc())
                .strategy(strategy);
            results.push(query.all(db).await.unwrap());
        }
        let lookups = results.pop().unwrap();
        let batches = results.pop().unwrap();
        assert_eq!(lookups, batches);
        assert_eq!(batches.len(), usize::try_from(readable).unwrap());
        for tree in &batches {
            let branches: Vec<&Branch> = tree.branches.iter().flatten().collect();
            let loaded = tree.related(Tree::BRANCHES);
            assert_eq!(loaded.len(), branches.len());
            let each =
                branches.iter().copied().zip(loaded.iter()).chain(tree.root.as_ref().zip(tree.related(Tree::ROOT)));
            for (branch, loaded) in each {
                let expected: Vec<_> = leaves(Some(branch)).into_iter().map(thing).collect();
                let found = loaded
                    .related(Branch::LEAVES)
                    .map(|leaves| leaves.iter().map(|leaf| leaf.related(Leaf::THING).cloned()).collect::<Vec<_>>());
                assert_eq!(found.unwrap_or_default(), expected);
                let best = loaded.related(Branch::BEST).and_then(|best| best.related(Leaf::THING).cloned());
                assert_eq!(best, branch.best.as_ref().and_then(thing));
            }
        }
        // the other direction: lazily, in both strategies, and counted
        for strategy in STRATEGIES {
            let found = Thing::find_all()
                .with(Thing::TREES.filter(Tree::ID.lt(100)).order_by(Tree::ID.asc()))
                .with(Thing::ROOTS.filter(Tree::ID.lt(100)).count())
                .order_by(Thing::ID.asc())
                .strategy(strategy)
                .all(db)
                .await
                .unwrap();
            for (thing, loaded) in all.iter().zip(&found) {
                let holds = |leaf: &&Leaf| leaf.thing_id == Some(thing.id);
                let expected: Vec<i32> = batches
                    .iter()
                    .filter(|tree| tree.branches.iter().flat_map(|b| leaves(b.as_ref())).any(|leaf| holds(&leaf)))
                    .map(|tree| tree.id)
                    .collect();
                let trees: Vec<i32> = loaded.related(Thing::TREES).iter().map(|tree| tree.id).collect();
                assert_eq!(trees, expected);
                let roots = batches.iter().filter(|tree| leaves(tree.root.as_ref()).iter().any(holds)).count();
                assert_eq!(loaded.count(Thing::ROOTS), u64::try_from(roots).unwrap());
                let lazy = thing.trees().filter(Tree::ID.lt(100)).order_by(Tree::ID.asc()).all(db).await.unwrap();
                assert_eq!(lazy.iter().map(|tree| tree.id).collect::<Vec<_>>(), expected);
            }
        }
    });
}
