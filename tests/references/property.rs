//! Random references: both strategies, handles, conditions and an evaluation in memory agree.

use std::collections::BTreeMap;

use earnorm::mongodb::bson::{Bson, Document};
use earnorm::prelude::*;
use earnorm_tests::{PropertyTest, STRATEGIES};
use proptest::prelude::{Just, any, prop, prop_oneof};
use proptest::strategy::Strategy as _;

mod models {
    use earnorm::Open;
    use earnorm::prelude::*;

    #[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, Reference)]
    #[serde(tag = "t", content = "i")]
    pub(super) enum To {
        Left(i32),
        Right(i32),
    }

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Embedded)]
    pub(super) struct Part {
        #[relation(many_to_one)]
        pub(super) to: Open<To>,
    }

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
    pub(super) struct Holder {
        #[serde(rename = "_id")]
        pub(super) id: i32,
        #[serde(default)]
        #[relation(many_to_one)]
        pub(super) to: Option<Open<To>>,
        #[model(embedded)]
        #[serde(default)]
        pub(super) parts: Vec<Part>,
    }

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
    #[relation(one_to_many, target = Holder, fk = to)]
    pub(super) struct Left {
        #[serde(rename = "_id")]
        pub(super) id: i32,
        pub(super) even: bool,
    }

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
    #[relation(one_to_many, target = Holder, fk = to)]
    pub(super) struct Right {
        #[serde(rename = "_id")]
        pub(super) id: i32,
        pub(super) even: bool,
    }
}
use earnorm::Open;
use models::{Holder, Left, Part, Right, To, ToDocument};

fn reference() -> impl proptest::strategy::Strategy<Value = Document> {
    let tag = prop_oneof![4 => Just("Left"), 4 => Just("Right"), 1 => Just("Other")];
    let id = prop_oneof![4 => (0..5_i32).prop_map(Bson::Int32), 1 => (0..5_i64).prop_map(Bson::Int64)];
    (tag, id, any::<bool>()).prop_map(|(tag, id, tag_first)| {
        if tag_first {
            doc! { "t": tag, "i": id }
        } else {
            doc! { "i": id, "t": tag }
        }
    })
}

fn holder() -> impl proptest::strategy::Strategy<Value = Document> {
    let to = prop_oneof![
        6 => reference().prop_map(|to| Some(Bson::from(to))),
        1 => Just(Some(Bson::Null)),
        1 => Just(None),
    ];
    let parts = prop::option::of(prop::collection::vec(reference(), 0..4));
    (to, parts).prop_map(|(to, parts)| {
        let mut holder = Document::new();
        holder.extend(to.map(|to| ("to".to_owned(), to)));
        let parts = parts.map(|parts| parts.into_iter().map(|to| doc! { "to": to }.into()).collect::<Vec<Bson>>());
        holder.extend(parts.map(|parts| ("parts".to_owned(), parts.into())));
        holder
    })
}

/// Holders whose references are no references. They can't be read, but they are there while others are read and counted.
fn odd() -> impl proptest::strategy::Strategy<Value = Document> {
    prop_oneof![
        Just(doc! { "to": 3 }),
        Just(doc! { "to": { "t": Bson::Null, "i": 1 } }),
        Just(doc! { "to": { "i": 1 } }),
        Just(doc! { "to": { "t": ["Left", "Right"], "i": 1 } }),
        Just(doc! { "to": [{ "t": "Other", "i": 1 }] }),
    ]
}

/// What a reference refers to.
#[derive(Debug, Clone, PartialEq)]
enum Found {
    Left(i32),
    Right(i32),
}

#[test]
#[allow(clippy::too_many_lines, reason = "each part checks the data that the others check")]
fn batches_lookups_handles_and_memory_agree() {
    let things = || prop::collection::btree_map(0..5_i32, any::<bool>(), 0..5);
    let inputs =
        (prop::collection::vec(holder(), 0..6), prop::collection::vec(odd(), 0..2), things(), things(), any::<bool>());
    PropertyTest::new(1_000).run(&inputs, async |db, (holders, odd, lefts, rights, filtered)| {
        let (lefts, rights): (BTreeMap<i32, bool>, BTreeMap<i32, bool>) = (lefts, rights);
        for collection in ["holders", "lefts", "rights"] {
            db.collection::<Document>(collection).delete_many(doc! {}).await.unwrap();
        }
        let mut stored: Vec<Document> = Vec::new();
        for (start, documents) in [(0, holders), (100, odd)] {
            for (id, mut document) in (start..).zip(documents) {
                document.insert("_id", id);
                stored.push(document);
            }
        }
        if !stored.is_empty() {
            db.collection::<Document>("holders").insert_many(&stored).await.unwrap();
        }
        let all_lefts: Vec<Left> = lefts.iter().map(|(id, even)| Left { id: *id, even: *even }).collect();
        let all_rights: Vec<Right> = rights.iter().map(|(id, even)| Right { id: *id, even: *even }).collect();
        Left::insert_many(db, &all_lefts).await.unwrap();
        Right::insert_many(db, &all_rights).await.unwrap();

        // the filter is on one of the models
        let expected = |to: &Open<To>| match to {
            Open::Known(To::Left(id)) => lefts.get(id).filter(|even| !filtered || **even).map(|_| Found::Left(*id)),
            Open::Known(To::Right(id)) => rights.get(id).map(|_| Found::Right(*id)),
            Open::Unknown(_) => None,
        };
        let left = || if filtered { To::LEFT.filter(Left::EVEN.eq(true)) } else { To::LEFT.filter(doc! {}) };
        let mut results = Vec::new();
        for strategy in STRATEGIES {
            let query = Holder::find(Holder::ID.lt(100))
                .with(Holder::TO.with(left()))
                .with(Holder::TO.of(To::RIGHT))
                .with(Holder::PARTS.with(Part::TO.with(left())))
                .order_by(Holder::ID.asc())
                .strategy(strategy);
            results.push(query.all(db).await.unwrap());
        }
        assert_eq!(results[0], results[1]);
        let found = |document: Option<ToDocument<&Left, &Right>>| {
            document.map(|document| match document {
                ToDocument::Left(left) => Found::Left(left.id),
                ToDocument::Right(right) => Found::Right(right.id),
            })
        };
        for holder in &results[0] {
            assert_eq!(found(holder.related(Holder::TO)), holder.to.as_ref().and_then(expected));
            let right = holder.related(Holder::TO.of(To::RIGHT)).map(|right| Found::Right(right.id));
            let is_right = |found: &Found| matches!(found, Found::Right(_));
            assert_eq!(right, holder.to.as_ref().and_then(expected).filter(is_right));
            let parts: Vec<_> =
                holder.related(Holder::PARTS).iter().map(|part| found(part.related(Part::TO))).collect();
            assert_eq!(parts, holder.parts.iter().map(|part| expected(&part.to)).collect::<Vec<_>>());
            if !filtered && !matches!(holder.to, Some(Open::Unknown(_))) {
                let one = holder.to().get(db).await.unwrap();
                assert_eq!(one.is_some(), holder.to.as_ref().and_then(expected).is_some());
            }
        }
        // conditions
        let ids = async |filter| -> Vec<i32> {
            let found = Holder::find(Holder::ID.lt(100) & filter).order_by(Holder::ID.asc()).all(db).await.unwrap();
            found.into_iter().map(|holder| holder.id).collect()
        };
        let of = |wanted: &dyn Fn(&Found) -> bool| -> Vec<i32> {
            let refers = |holder: &&earnorm::Loaded<Holder, _>| {
                holder.to.as_ref().and_then(expected).is_some_and(|found| wanted(&found))
            };
            results[0].iter().filter(refers).map(|holder| holder.id).collect()
        };
        if !filtered {
            assert_eq!(ids(Holder::TO.any()).await, of(&|_| true));
            assert_eq!(ids(Holder::TO.of(To::LEFT).any()).await, of(&|found| matches!(found, Found::Left(_))));
        }
        let even = Holder::TO.of(To::LEFT).filter(Left::EVEN.eq(true)).any();
        assert_eq!(ids(even).await, of(&|found| matches!(found, Found::Left(id) if lefts[id])));

        // the other sides: lazily, in both strategies, counted, and the last of each
        for strategy in STRATEGIES {
            let found = Left::find_all()
                .with(Left::HOLDERS.filter(Holder::ID.lt(100)).order_by(Holder::ID.asc()))
                .with(Left::HOLDERS.filter(Holder::ID.lt(100)).count())
                .order_by(Left::ID.asc())
                .strategy(strategy)
                .all(db)
                .await
                .unwrap();
            for (left, loaded) in all_lefts.iter().zip(&found) {
                let refers = |holder: &&earnorm::Loaded<Holder, _>| holder.to == Some(Open::Known(To::Left(left.id)));
                let expected: Vec<i32> = results[0].iter().filter(refers).map(|holder| holder.id).collect();
                let holders: Vec<i32> = loaded.related(Left::HOLDERS).iter().map(|holder| holder.id).collect();
                assert_eq!(holders, expected);
                assert_eq!(loaded.count(Left::HOLDERS), u64::try_from(expected.len()).unwrap());
                let lazy = left.holders().filter(Holder::ID.lt(100)).order_by(Holder::ID.asc()).all(db).await.unwrap();
                assert_eq!(lazy.iter().map(|holder| holder.id).collect::<Vec<_>>(), expected);
            }
            let last = Right::HOLDERS.filter(Holder::ID.lt(100)).order_by(Holder::ID.desc()).limit(1);
            let found =
                Right::find_all().with(last).order_by(Right::ID.asc()).strategy(strategy).all(db).await.unwrap();
            for (right, loaded) in all_rights.iter().zip(&found) {
                let refers = |holder: &&earnorm::Loaded<Holder, _>| holder.to == Some(Open::Known(To::Right(right.id)));
                let expected = results[0].iter().filter(refers).map(|holder| holder.id).next_back();
                assert_eq!(loaded.related(Right::HOLDERS).first().map(|holder| holder.id), expected);
            }
        }
    });
}
