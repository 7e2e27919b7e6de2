use earnorm::Error;
use earnorm::prelude::*;
use earnorm_testkit::assert_commands;
use serde::Serializer;
use serde::ser::Error as _;

use crate::database;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(one_to_many, target = "Wide", fk = "over_id", name = "under")]
struct Wide {
    #[serde(rename = "_id")]
    id: u64,
    n: u64,
    #[serde(serialize_with = "not_thirteen")]
    lucky: i32,
    #[relation(many_to_one, target = "Wide", name = "over")]
    over_id: Option<u64>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn not_thirteen<S: Serializer>(n: &i32, s: S) -> Result<S::Ok, S::Error> {
    if *n == 13 {
        return Err(S::Error::custom("13 is out of the question"));
    }
    s.serialize_i32(*n)
}

fn wide(id: u64, n: u64) -> Wide {
    Wide { id, n, lucky: 7, over_id: None }
}

#[track_caller]
fn refused<T: std::fmt::Debug>(outcome: earnorm::Result<T>) {
    let error = outcome.unwrap_err();
    assert!(matches!(error, Error::Encode { model: "Wide", .. }), "{error:?}");
    let words = error.to_string();
    assert!(words.starts_with("a value of `Wide` can't be written as BSON: "), "{words}");
    assert!(words.contains("18446744073709551615") || words.contains("13 is out"), "{words}");
}

#[tokio::test]
async fn what_bson_cannot_hold_is_refused_before_anything_is_sent() {
    const BIG: u64 = u64::MAX;
    let test = database().await;
    let db = test.db();
    let mut small = wide(1, 1);
    assert_commands!(test, 0, {
        refused(wide(1, BIG).insert(db).await);
        refused(wide(BIG, 1).insert(db).await);
        refused(Wide::insert_many(db, &[wide(1, 1), wide(2, BIG)]).await);
        refused(wide(1, BIG).save(db).await);
        refused(small.update(db, Wide::N.set(BIG)).await);
        refused(wide(BIG, 1).update(db, Wide::N.set(1)).await);
        refused(Wide::update_by_id(db, BIG, Wide::N.set(1)).await);
        refused(Wide::find_all().update(db, (Wide::LUCKY.set(1), Wide::N.max(BIG))).await);
        refused(Wide::find(Wide::N.eq(BIG)).all(db).await);
        refused(Wide::find(Wide::N.eq(BIG)).stream(db).await);
        refused(Wide::find(Wide::N.eq(BIG)).page(db, 1, 10).await);
        refused(Wide::find(Wide::N.eq(BIG)).limit(1).delete(db).await);
        refused(Wide::get(db, BIG).await);
        refused(Wide::get_many(db, (1..=2_000).chain([BIG])).await);
        refused(wide(BIG, 1).delete(db).await);
        refused(wide(BIG, 1).under().all(db).await);
        let orphan = Wide { over_id: Some(BIG), ..wide(1, 1) };
        refused(orphan.over().get(db).await);
        refused(small.under().filter(Wide::N.gt(BIG)).count(db).await);
    });
    assert_eq!(small, wide(1, 1));
    // the greatest that fits
    let most = u64::try_from(i64::MAX).unwrap();
    let stored = wide(most, most).insert(db).await.unwrap();
    assert_eq!(Wide::find(Wide::N.eq(most)).one(db).await.unwrap(), stored);
}

#[tokio::test]
async fn what_its_serializer_refuses_is_refused_with_its_words() {
    let test = database().await;
    let db = test.db();
    assert_commands!(test, 0, {
        let unlucky = Wide { lucky: 13, ..wide(1, 1) };
        refused(unlucky.insert(db).await);
        refused(Wide::find(Wide::LUCKY.eq(13)).first(db).await);
        refused(Wide::find(Wide::LUCKY.is_in([12, 13])).first(db).await);
        refused(Wide::update_by_id(db, 1, Wide::LUCKY.set(13)).await);
    });
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(one_to_many, target = "Leaf", fk = "tree_id")]
struct Tree {
    #[serde(rename = "_id")]
    id: Option<ObjectId>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Leaf {
    #[serde(rename = "_id")]
    id: ObjectId,
    #[relation(many_to_one, target = "Tree")]
    tree_id: ObjectId,
}

#[tokio::test]
async fn a_relation_of_a_document_without_an_id_is_refused() {
    fn unsaved<T: std::fmt::Debug>(outcome: earnorm::Result<T>) {
        let error = outcome.unwrap_err();
        assert!(matches!(error, Error::Unsaved { model: "Tree" }), "{error:?}");
        assert_eq!(error.to_string(), "this `Tree` has no id yet; insert or save it first");
    }
    let test = database().await;
    let db = test.db();
    let tree = Tree { id: None };
    let leaf = Leaf { id: ObjectId::new(), tree_id: ObjectId::new() };
    assert_commands!(test, 0, {
        unsaved(tree.leaves().all(db).await);
        unsaved(tree.leaves().first(db).await);
        unsaved(tree.leaves().count(db).await);
        unsaved(tree.leaves().exists(db).await);
        unsaved(tree.leaves().filter(Leaf::ID.eq(leaf.id)).limit(1).all(db).await);
        unsaved(tree.leaves().stream(db).await);
        unsaved(tree.leaves().page(db, 1, 1).await);
        unsaved(tree.leaves().create(db, leaf.clone()).await);
        unsaved(tree.leaves().add(db, leaf.clone()).await);
        unsaved(tree.leaves().to_query());
    });
}
