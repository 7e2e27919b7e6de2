//! Random sequences of link operations on each form of many-to-many, compared with a set in memory.

use std::collections::BTreeSet;

use earnorm::mongodb::Database;
use earnorm::prelude::*;
use earnorm_tests::PropertyTest;
use proptest::prelude::*;
use proptest::strategy::Strategy;

const LEFT: i64 = 3;
const RIGHT: i64 = 5;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(many_to_many, target = "Right", through = "Join", back_populates = "lefts")]
#[relation(many_to_many, name = "held", target = "Right", ids = "right_ids", back_populates = "holders")]
struct Left {
    #[serde(rename = "_id")]
    id: i64,
    right_ids: Vec<i64>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(many_to_many, target = "Left", through = "Join", back_populates = "rights")]
#[relation(many_to_many, name = "holders", target = "Left", target_ids = "right_ids", back_populates = "held")]
struct Right {
    #[serde(rename = "_id")]
    id: i64,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, Model)]
struct Join {
    #[serde(rename = "_id")]
    id: Option<ObjectId>,
    left_id: i64,
    right_id: i64,
}

/// An operation from the left or the right side, on the links of one document.
#[derive(Debug, Clone)]
enum Step {
    Add(bool, usize, usize),
    AddMany(bool, usize, Vec<usize>),
    Remove(bool, usize, usize),
    Set(bool, usize, Vec<usize>),
    Clear(bool, usize),
}

fn step() -> impl Strategy<Value = Step> {
    let index = 0..15_usize;
    let some = prop::collection::vec(0..15_usize, 0..5);
    prop_oneof![
        4 => (any::<bool>(), index.clone(), index.clone()).prop_map(|(s, a, b)| Step::Add(s, a, b)),
        2 => (any::<bool>(), index.clone(), some.clone()).prop_map(|(s, a, b)| Step::AddMany(s, a, b)),
        3 => (any::<bool>(), index.clone(), index.clone()).prop_map(|(s, a, b)| Step::Remove(s, a, b)),
        2 => (any::<bool>(), index.clone(), some).prop_map(|(s, a, b)| Step::Set(s, a, b)),
        1 => (any::<bool>(), index).prop_map(|(s, a)| Step::Clear(s, a)),
    ]
}

/// The links as pairs of ids.
#[derive(Default)]
struct Links(BTreeSet<(i64, i64)>);

impl Links {
    fn apply(&mut self, from_left: bool, id: i64, others: &[i64], step: &Step) {
        let pair = |other: i64| if from_left { (id, other) } else { (other, id) };
        if matches!(step, Step::Set(..) | Step::Clear(..)) {
            self.0.retain(|(left, right)| if from_left { *left != id } else { *right != id });
        }
        for other in others {
            match step {
                Step::Remove(..) => self.0.remove(&pair(*other)),
                _ => self.0.insert(pair(*other)),
            };
        }
    }
}

/// The same calls on all handles, which have different types.
macro_rules! run {
    ($handle:expr, $step:expr, $db:expr, $others:expr) => {
        match $step {
            Step::Add(..) => drop($handle.add($db, &$others[0]).await.unwrap()),
            Step::AddMany(..) => drop($handle.add_many($db, &$others).await.unwrap()),
            Step::Remove(..) => drop($handle.remove($db, &$others[0]).await.unwrap()),
            Step::Set(..) => $handle.set($db, &$others).await.unwrap(),
            Step::Clear(..) => drop($handle.clear($db).await.unwrap()),
        }
    };
}

async fn check(db: &Database, steps: &[Step]) {
    let lefts: Vec<Left> = (1..=LEFT).map(|id| Left { id, right_ids: Vec::new() }).collect();
    let rights: Vec<Right> = (1..=RIGHT).map(|id| Right { id }).collect();
    Left::find_all().update(db, doc! { "$set": { "right_ids": [] } }).await.unwrap();
    db.collection::<earnorm::mongodb::bson::Document>("joins").delete_many(doc! {}).await.unwrap();
    let mut expected = Links::default();
    for step in steps {
        let (from_left, at, others) = match step {
            Step::Add(side, at, other) | Step::Remove(side, at, other) => (*side, *at, vec![*other]),
            Step::AddMany(side, at, others) | Step::Set(side, at, others) => (*side, *at, others.clone()),
            Step::Clear(side, at) => (*side, *at, Vec::new()),
        };
        if from_left {
            let left = &lefts[at % lefts.len()];
            let others: Vec<Right> = others.iter().map(|n| rights[n % rights.len()].clone()).collect();
            run!(left.rights(), step, db, others);
            run!(left.held(), step, db, others);
            let ids: Vec<i64> = others.iter().map(|right| right.id).collect();
            expected.apply(true, left.id, &ids, step);
        } else {
            let right = &rights[at % rights.len()];
            let others: Vec<Left> = others.iter().map(|n| lefts[n % lefts.len()].clone()).collect();
            run!(right.lefts(), step, db, others);
            run!(right.holders(), step, db, others);
            let ids: Vec<i64> = others.iter().map(|left| left.id).collect();
            expected.apply(false, right.id, &ids, step);
        }
    }
    compare(db, &lefts, &rights, &expected).await;
}

async fn compare(db: &Database, lefts: &[Left], rights: &[Right], expected: &Links) {
    let joins: Vec<(i64, i64)> =
        Join::find_all().all(db).await.unwrap().iter().map(|join| (join.left_id, join.right_id)).collect();
    assert_eq!(joins.len(), expected.0.len(), "no link is stored twice");
    for left in Left::get_many(db, lefts.iter().map(|left| left.id)).await.unwrap() {
        let of: Vec<i64> = expected.0.iter().filter(|pair| pair.0 == left.id).map(|pair| pair.1).collect();
        let through = left.rights().order_by(Right::ID.asc()).all(db).await.unwrap();
        assert_eq!(through.iter().map(|right| right.id).collect::<Vec<_>>(), of);
        let held = left.held().order_by(Right::ID.asc()).all(db).await.unwrap();
        assert_eq!(held.iter().map(|right| right.id).collect::<Vec<_>>(), of);
        assert_eq!(left.right_ids.len(), of.len(), "no id is stored twice");
    }
    for right in rights {
        let of: Vec<i64> = expected.0.iter().filter(|pair| pair.1 == right.id).map(|pair| pair.0).collect();
        let through = right.lefts().order_by(Left::ID.asc()).all(db).await.unwrap();
        assert_eq!(through.iter().map(|left| left.id).collect::<Vec<_>>(), of);
        let holders = right.holders().order_by(Left::ID.asc()).all(db).await.unwrap();
        assert_eq!(holders.iter().map(|left| left.id).collect::<Vec<_>>(), of);
    }
}

#[test]
fn links_match_a_set_in_memory() {
    let test = PropertyTest::new(24);
    test.prepare(async |db| {
        let lefts: Vec<Left> = (1..=LEFT).map(|id| Left { id, right_ids: Vec::new() }).collect();
        let rights: Vec<Right> = (1..=RIGHT).map(|id| Right { id }).collect();
        Left::insert_many(db, &lefts).await.unwrap();
        Right::insert_many(db, &rights).await.unwrap();
        Left::ensure_indexes(db).await.unwrap();
    });
    test.run(&prop::collection::vec(step(), 0..20), async |db, steps| check(db, &steps).await);
}
