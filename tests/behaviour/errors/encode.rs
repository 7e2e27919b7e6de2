use earnorm::Error;
use earnorm::prelude::*;
use earnorm_testkit::assert_commands;
use earnorm_tests::database;
use serde::Serializer;
use serde::ser::Error as _;

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
fn assert_encode_error<T: std::fmt::Debug>(outcome: earnorm::Result<T>) {
    let error = outcome.unwrap_err();
    assert!(matches!(error, Error::Encode { model: "Wide", .. }), "{error:?}");
    let message = error.to_string();
    assert!(message.starts_with("a value of `Wide` can't be written as BSON: "), "{message}");
    assert!(message.contains("18446744073709551615") || message.contains("13 is out"), "{message}");
}

#[tokio::test]
async fn values_out_of_range_are_errors_and_send_nothing() {
    const BIG: u64 = u64::MAX;
    let test = database().await;
    let db = test.db();
    let mut small = wide(1, 1);
    assert_commands!(test, 0, {
        assert_encode_error(wide(1, BIG).insert(db).await);
        assert_encode_error(wide(BIG, 1).insert(db).await);
        assert_encode_error(Wide::insert_many(db, &[wide(1, 1), wide(2, BIG)]).await);
        assert_encode_error(wide(1, BIG).save(db).await);
        assert_encode_error(small.update(db, Wide::N.set(BIG)).await);
        assert_encode_error(wide(BIG, 1).update(db, Wide::N.set(1)).await);
        assert_encode_error(Wide::update_by_id(db, BIG, Wide::N.set(1)).await);
        assert_encode_error(Wide::find_all().update(db, (Wide::LUCKY.set(1), Wide::N.max(BIG))).await);
        assert_encode_error(Wide::find(Wide::N.eq(BIG)).all(db).await);
        assert_encode_error(Wide::find(Wide::N.eq(BIG)).stream(db).await);
        assert_encode_error(Wide::find(Wide::N.eq(BIG)).page(db, 1, 10).await);
        assert_encode_error(Wide::find(Wide::N.eq(BIG)).limit(1).delete(db).await);
        assert_encode_error(Wide::get(db, BIG).await);
        assert_encode_error(Wide::get_many(db, (1..=2_000).chain([BIG])).await);
        assert_encode_error(wide(BIG, 1).delete(db).await);
        assert_encode_error(wide(BIG, 1).under().all(db).await);
        let orphan = Wide { over_id: Some(BIG), ..wide(1, 1) };
        assert_encode_error(orphan.over().get(db).await);
        assert_encode_error(small.under().filter(Wide::N.gt(BIG)).count(db).await);
    });
    assert_eq!(small, wide(1, 1));
    // the greatest value that fits
    let most = u64::try_from(i64::MAX).unwrap();
    let stored = wide(most, most).insert(db).await.unwrap();
    assert_eq!(Wide::find(Wide::N.eq(most)).one(db).await.unwrap(), stored);
}

#[tokio::test]
async fn errors_of_a_serializer_are_returned() {
    let test = database().await;
    let db = test.db();
    assert_commands!(test, 0, {
        let unlucky = Wide { lucky: 13, ..wide(1, 1) };
        assert_encode_error(unlucky.insert(db).await);
        assert_encode_error(Wide::find(Wide::LUCKY.eq(13)).first(db).await);
        assert_encode_error(Wide::find(Wide::LUCKY.is_in([12, 13])).first(db).await);
        assert_encode_error(Wide::update_by_id(db, 1, Wide::LUCKY.set(13)).await);
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
async fn relations_of_a_document_without_an_id_are_errors() {
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
