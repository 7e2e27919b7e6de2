//! Deeply nested values and conditions are errors, and never overflow the stack.

use std::thread;

use earnorm::mongodb::bson::{Bson, Document};
use earnorm::prelude::*;
use earnorm::{Error, Filter, Update};
use earnorm_testkit::assert_commands;
use earnorm_tests::database;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[model(collection = "ne_boxes")]
#[relation(one_to_many, name = "inner", target = Crate, fk = outer_id)]
struct Crate {
    #[serde(rename = "_id")]
    id: i32,
    content: Bson,
    outer_id: Option<i32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    chain: Option<Box<Link>>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Link {
    next: Option<Box<Link>>,
}

fn array(levels: usize) -> Bson {
    (0..levels).fold(Bson::Null, |inner, _| Bson::Array(vec![inner]))
}

fn document(levels: usize) -> Document {
    (1..levels).fold(Document::new(), |inner, _| doc! { "a": inner })
}

/// Drops a value whose own `Drop` would overflow the stack.
fn discard(value: impl Into<Bson>) {
    let mut left = vec![value.into()];
    while let Some(value) = left.pop() {
        match value {
            Bson::Array(values) => left.extend(values),
            Bson::Document(document) => left.extend(document.into_iter().map(|(_, value)| value)),
            _ => {}
        }
    }
}

/// The depth of refused values: on a stack of 2 MiB, recursion into one ends the process.
const DEEP: usize = 200_000;

fn assert_too_deep<T: std::fmt::Debug>(outcome: earnorm::Result<T>) {
    let Err(error @ Error::Encode { model: "Crate", .. }) = outcome else { panic!("{outcome:?}") };
    assert!(error.to_string().contains("nested in more than 180 documents and lists"), "{error}");
    assert!(error.is_client_error());
}

#[tokio::test]
async fn deep_documents_are_refused_without_recursion() {
    let test = database().await;
    let db = test.db();
    assert_commands!(test, 0, {
        assert_too_deep(Crate::find(document(DEEP)).all(db).await);
        assert_too_deep(Crate::find(Crate::ID.eq(1) & document(DEEP)).count(db).await);
        assert_too_deep(Crate::find(!Filter::<Crate>::from(document(DEEP)) | document(DEEP)).delete(db).await);
        assert_too_deep(Crate::find(Crate::INNER.filter(document(DEEP)).any()).all(db).await);
        assert_too_deep(Crate::find_all().order_by(document(DEEP)).all(db).await);
        assert_too_deep(Crate::find_all().comment(array(DEEP)).all(db).await);
        assert_too_deep(Crate::update_by_id(db, 1, doc! { "$set": { "content": array(DEEP) } }).await);
        let both: Update<Crate> = (Crate::ID.set(1), Update::from(document(DEEP))).into();
        assert_too_deep(Crate::find_all().update(db, both).await);
    });
}

#[tokio::test]
async fn deep_values_are_refused_while_they_are_encoded() {
    let test = database().await;
    let db = test.db();
    let deep = array(5_000);
    let mut chain = Some(Box::new(Link::default()));
    for _ in 0..1_000 {
        chain = Some(Box::new(Link { next: chain }));
    }
    let mut deep = Crate { id: 1, content: deep, outer_id: None, chain: None };
    assert_commands!(test, 0, {
        assert_too_deep(deep.save(db).await);
        assert_too_deep(Crate::insert_many(db, std::slice::from_ref(&deep)).await);
        assert_too_deep(Crate::find(Crate::CONTENT.at("a").eq(&deep.content)).all(db).await);
        assert_too_deep(Crate::update_by_id(db, 1, Crate::CONTENT.at("a").set(&deep.content)).await);
        assert_too_deep(Crate { id: 2, content: Bson::Null, outer_id: None, chain }.insert(db).await);
    });
    discard(std::mem::replace(&mut deep.content, Bson::Null));
}

#[tokio::test]
async fn values_as_deep_as_a_server_stores_are_written_and_read() {
    let test = database().await;
    let db = test.db();
    let stored = Crate { id: 1, content: array(150), outer_id: None, chain: None }.insert(db).await.unwrap();
    assert_eq!(Crate::get(db, 1).await.unwrap(), Some(stored.clone()));
    assert_eq!(Crate::find(Crate::CONTENT.eq(stored.content.clone())).count(db).await.unwrap(), 1);
    Crate::update_by_id(db, 1, Crate::CONTENT.set(array(151))).await.unwrap();
    assert_eq!(Crate::get(db, 1).await.unwrap().unwrap().content, array(151));
}

#[tokio::test]
async fn folded_conditions_are_flat_or_refused() {
    let test = database().await;
    let db = test.db();
    Crate { id: 1, content: Bson::Null, outer_id: None, chain: None }.insert(db).await.unwrap();
    let is_one = || Crate::ID.eq(1);
    // a list of any length is one level deep
    let even = (0..10_000).fold(is_one(), |filter, _| !filter);
    assert_eq!(even.to_string(), r#"{ "_id": 1 }"#);
    let odd = (0..2_001).fold(is_one(), |filter, _| !filter);
    assert_eq!(Crate::find(odd).count(db).await.unwrap(), 0);
    let many = (0..2_000).fold(is_one(), |filter, n| filter | Crate::ID.eq(n));
    assert_eq!(
        Crate::find((0..2_000).fold(many, |filter, n| filter & Crate::ID.ne(n + 2))).count(db).await.unwrap(),
        1
    );
    let related = (0..10_001).fold(Crate::INNER.none(), |filter, _| !filter);
    assert_eq!(Crate::find(related).count(db).await.unwrap(), 0);
    // each of these is nested in the next one
    let mixed = |n| (0..n).fold(is_one(), |filter, n| !(filter & Crate::ID.ne(n + 2)));
    assert_eq!(Crate::find(mixed(20)).count(db).await.unwrap(), 1);
    assert_too_deep(Crate::find(mixed(2_000)).all(db).await);
    let none = || Crate::INNER.none();
    let mixed = |n| (0..n).fold(none(), |filter, _| !(filter & Crate::INNER.any()) | none());
    assert_eq!(Crate::find(mixed(5)).count(db).await.unwrap(), 1);
    assert_too_deep(Crate::find(mixed(2_000)).all(db).await);
    let chain = (0..2_000).fold(none(), |filter, _| Crate::INNER.filter(filter).any());
    assert_too_deep(Crate::find(chain).all(db).await);
}

/// On a stack as small as that of a Tokio task.
#[test]
fn deep_conditions_are_built_displayed_and_dropped() {
    let done = thread::spawn(|| {
        let mut filter = Crate::ID.eq(1);
        let mut related = Crate::INNER.none();
        for n in 0..2_000 {
            filter = !(filter & Crate::ID.ne(n));
            related = !(related & Crate::INNER.any()) | Crate::ID.eq(n);
        }
        (filter.to_string().len(), format!("{:?}", related.clone()).len(), filter.clone().to_string().len())
    });
    assert!(done.join().is_ok());
}
