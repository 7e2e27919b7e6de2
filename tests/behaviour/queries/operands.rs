#![allow(clippy::needless_borrows_for_generic_args, reason = "the tests pass references on purpose")]

use std::collections::{BTreeSet, HashSet, VecDeque};

use earnorm::prelude::*;
use earnorm_testkit::assert_commands;
use earnorm_tests::database;

use super::{Film, films, found};

#[tokio::test]
async fn an_operand_is_a_value_or_a_reference() {
    let test = database().await;
    films(&test).await;
    let (title, year, optional, id) = (String::from("Matrix"), 1999_u32, Some(1999_u32), 2);
    for filter in [
        Film::TITLE.eq("Matrix"),
        Film::TITLE.eq(title.as_str()),
        Film::TITLE.eq(&title),
        Film::TITLE.eq(title.clone()),
        Film::YEAR.eq(year),
        Film::YEAR.eq(&year),
        Film::YEAR.eq(optional),
        Film::YEAR.eq(&optional),
        Film::ID.eq(id),
        Film::ID.eq(&id),
        Film::STUDIO.at("city").eq(String::from("Paris")),
        Film::STUDIO.at("city").eq(&"Paris"),
    ] {
        let shown = filter.to_string();
        assert_eq!(found(&test, filter).await, [2], "{shown}");
    }
}

#[tokio::test]
async fn a_list_of_operands_is_any_iterator() {
    let test = database().await;
    films(&test).await;
    let ids = vec![1, 3];
    let titles = vec![String::from("Odyssey"), String::from("odyssey ii")];
    for filter in [
        Film::ID.is_in([1, 3]),
        Film::ID.is_in(&ids),
        Film::ID.is_in(ids.iter()),
        Film::ID.is_in(ids.as_slice()),
        Film::ID.is_in(ids.iter().copied().filter(|id| *id > 0)),
        Film::ID.is_in(HashSet::from([1, 3])),
        Film::ID.is_in(&BTreeSet::from([1, 3])),
        Film::ID.is_in(VecDeque::from([1, 3])),
        Film::ID.is_in(ids.clone()),
        Film::ID.is_in((1..4).step_by(2)),
        Film::TITLE.is_in(&titles),
        Film::TITLE.is_in(["Odyssey", "odyssey ii"]),
        Film::TITLE.is_in(titles.iter().map(String::as_str)),
        Film::TAGS.contains_all(["space"]),
    ] {
        let shown = filter.to_string();
        assert_eq!(found(&test, filter).await, [1, 3], "{shown}");
    }
}

/// Literals without a suffix compile for each of these.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Numbers {
    #[serde(rename = "_id")]
    id: u16,
    a: i8,
    b: i16,
    c: i32,
    d: i64,
    e: u8,
    f: u16,
    g: u32,
    h: u64,
    oa: Option<i8>,
    od: Option<i64>,
    og: Option<u32>,
    oh: Option<u64>,
    list: Vec<u64>,
    x: f32,
    y: f64,
    oy: Option<f64>,
}

fn numbers() -> Numbers {
    Numbers {
        id: 1,
        a: 1,
        b: 1,
        c: 1,
        d: 1,
        e: 1,
        f: 1,
        g: 1,
        h: 1,
        oa: Some(1),
        od: Some(1),
        og: Some(1),
        oh: Some(1),
        list: vec![1, 5],
        x: 1.5,
        y: 1.5,
        oy: Some(1.5),
    }
}

#[tokio::test]
async fn literals_need_no_suffix() {
    let test = database().await;
    let db = test.db();
    numbers().insert(db).await.unwrap();
    macro_rules! each {
        ($($field:ident)*) => { $(
            for filter in [
                Numbers::$field.eq(1),
                Numbers::$field.ne(2),
                Numbers::$field.gt(0),
                Numbers::$field.gte(1),
                Numbers::$field.lt(2),
                Numbers::$field.lte(1),
                Numbers::$field.is_in([1, 2]),
                Numbers::$field.is_in(&[1, 2]),
                Numbers::$field.not_in([2, 3]),
            ] {
                let shown = filter.to_string();
                assert!(Numbers::find(filter).exists(db).await.unwrap(), "{shown}");
            }
            let update = (Numbers::$field.set(2), Numbers::LIST.push(9));
            Numbers::find_all().update(db, update).await.unwrap();
            Numbers::find_all().update(db, Numbers::$field.inc(2)).await.unwrap();
            Numbers::find_all().update(db, Numbers::$field.inc(-1)).await.unwrap();
            Numbers::find_all().update(db, Numbers::$field.mul(1)).await.unwrap();
            Numbers::find_all().update(db, Numbers::$field.min(1)).await.unwrap();
            assert!(Numbers::find(Numbers::$field.eq(1)).exists(db).await.unwrap());
            Numbers::find_all().one(db).await.unwrap();
        )* };
    }
    each!(A B C D E F G H OA OD OG OH);
    assert!(Numbers::find(Numbers::LIST.contains(5)).exists(db).await.unwrap());
    assert!(Numbers::find(Numbers::LIST.contains_all([1, 5])).exists(db).await.unwrap());
    for filter in [Numbers::X.eq(1.5), Numbers::Y.gt(1.0), Numbers::OY.is_in([1.5])] {
        assert!(Numbers::find(filter).exists(db).await.unwrap());
    }
    assert!(Numbers::get(db, 1).await.unwrap().is_some());
    assert_eq!(Numbers::get_many(db, [1, 2]).await.unwrap().len(), 1);
}

/// Arrays of every kind, including a set and an optional one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Lists {
    #[serde(rename = "_id")]
    id: ObjectId,
    vec: Vec<String>,
    deque: VecDeque<i64>,
    tree: BTreeSet<u8>,
    hash: HashSet<ObjectId>,
    maybe: Option<Vec<String>>,
    nested: Vec<Vec<i32>>,
}

#[tokio::test]
async fn arrays_of_every_kind_are_searched_and_updated_by_item() {
    let test = database().await;
    let db = test.db();
    let id = ObjectId::new();
    let mut lists = Lists {
        id: ObjectId::new(),
        vec: vec!["a".into()],
        deque: [1, 2].into(),
        tree: [3].into(),
        hash: [id].into(),
        maybe: None,
        nested: vec![vec![1, 2], vec![3]],
    }
    .insert(db)
    .await
    .unwrap();
    for filter in [
        Lists::VEC.contains("a"),
        Lists::DEQUE.contains(2),
        Lists::TREE.contains(3),
        Lists::HASH.contains(id),
        Lists::HASH.contains(&id),
        Lists::HASH.contains_all([id]),
        Lists::MAYBE.is_null(),
        Lists::NESTED.contains(vec![3]),
        Lists::DEQUE.len(2),
    ] {
        let shown = filter.to_string();
        assert!(Lists::find(filter).exists(db).await.unwrap(), "{shown}");
    }
    assert!(!Lists::find(Lists::NESTED.contains(vec![2])).exists(db).await.unwrap());
    let push = (Lists::VEC.push("b"), Lists::DEQUE.push(3), Lists::TREE.add_to_set(3));
    assert_commands!(test, 1, lists.update(db, push).await.unwrap());
    lists.update(db, (Lists::HASH.pull(id), Lists::NESTED.push(vec![4]), Lists::DEQUE.pull(1))).await.unwrap();
    assert_eq!(lists.vec, ["a", "b"]);
    assert_eq!(lists.deque, [2, 3]);
    assert_eq!(lists.tree, BTreeSet::from([3]));
    assert!(lists.hash.is_empty());
    assert_eq!(lists.nested, [vec![1, 2], vec![3], vec![4]]);
}
