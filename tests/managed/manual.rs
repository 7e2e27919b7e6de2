//! Updates that write managed fields themselves.

use earnorm::mongodb::Database;
use earnorm::mongodb::bson::{Bson, DateTime, Document};
use earnorm::prelude::*;
use earnorm_tests::{database, document, insert_documents};

mod models {
    use earnorm::mongodb::bson::DateTime;
    use earnorm::prelude::*;

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
    pub(super) struct Post {
        #[serde(rename = "_id")]
        pub(super) id: i32,
        pub(super) title: String,
        pub(super) likes: Option<i64>,
        #[model(created_at)]
        pub(super) created: DateTime,
        #[model(updated_at)]
        pub(super) updated: DateTime,
        #[model(version)]
        #[serde(default)]
        pub(super) rev: i64,
    }
}
use models::Post;

/// The time and the version that the tests write by hand.
fn by_hand() -> DateTime {
    DateTime::from_millis(5_000)
}

fn long_ago() -> DateTime {
    DateTime::from_millis(1_000)
}

async fn store(db: &Database) {
    let post = |id: i32| doc! { "_id": id, "title": "t", "created": long_ago(), "updated": long_ago(), "rev": 5_i64 };
    insert_documents(db, "posts", [post(1), post(2)]).await;
}

/// The update of the first post stores these fields. `updated: None` stands for the time of the update.
async fn assert_stores(update: impl Into<earnorm::Update<Post>>, updated: Option<DateTime>, rev: i64) {
    let test = database().await;
    let db = test.db();
    store(db).await;
    let start = DateTime::now();
    let update = update.into();
    let shown = format!("{update:?}");
    let post = Post::update_by_id(db, 1, update).await.unwrap();
    match updated {
        Some(updated) => assert_eq!(post.updated, updated, "{shown}"),
        None => assert!(post.updated >= start, "{shown}: {}", post.updated),
    }
    assert_eq!((post.rev, post.created), (rev, long_ago()), "{shown}");
}

#[tokio::test]
async fn a_managed_field_that_an_update_sets_is_left_to_it() {
    assert_stores(Post::UPDATED.set(by_hand()), Some(by_hand()), 6).await;
    assert_stores(Post::REV.set(40), None, 40).await;
    assert_stores(Post::REV.inc(10), None, 15).await;
    assert_stores((Post::UPDATED.set(by_hand()), Post::REV.set(40)), Some(by_hand()), 40).await;
    assert_stores((Post::TITLE.set("x"), Post::UPDATED.set(by_hand())), Some(by_hand()), 6).await;
    assert_stores(doc! { "$max": { "updated": by_hand() } }, Some(by_hand()), 6).await;
    assert_stores(doc! { "$min": { "rev": 2_i64 } }, None, 2).await;
    assert_stores(doc! { "$set": { "title": "x" }, "$inc": { "rev": 0_i64 } }, None, 5).await;
}

#[tokio::test]
async fn operators_that_a_document_writes_are_extended() {
    // one `$set` and one `$inc`, or the server would refuse the update
    assert_stores(doc! { "$set": { "title": "x" }, "$inc": { "n": 1 } }, None, 6).await;
    assert_stores(doc! { "$unset": { "title2": "" } }, None, 6).await;
    assert_stores(doc! { "$push": { "list": { "$each": [1, 2] } } }, None, 6).await;
    assert_stores(doc! { "$setOnInsert": { "n": 1 } }, None, 6).await;
}

#[tokio::test]
async fn the_creation_is_only_written_by_hand() {
    let test = database().await;
    let db = test.db();
    store(db).await;
    let post = Post::update_by_id(db, 1, Post::CREATED.set(by_hand())).await.unwrap();
    assert_eq!((post.created, post.rev), (by_hand(), 6));
}

#[tokio::test]
async fn the_server_may_set_the_time() {
    let test = database().await;
    let db = test.db();
    store(db).await;
    let before = DateTime::now();
    let post = Post::update_by_id(db, 1, doc! { "$currentDate": { "updated": true } }).await.unwrap();
    // the server's clock is this machine's
    assert!(post.updated.timestamp_millis() >= before.timestamp_millis() - 1, "{}", post.updated);
    assert_eq!(post.rev, 6);
    let post = Post::update_by_id(db, 1, doc! { "$currentDate": { "seen": { "$type": "date" } } }).await.unwrap();
    assert_eq!(post.rev, 7);
}

#[tokio::test]
async fn a_rename_onto_a_managed_field_is_left_alone() {
    let test = database().await;
    let db = test.db();
    store(db).await;
    let extra = doc! { "$set": { "other": by_hand() } };
    db.collection::<Document>("posts").update_many(doc! {}, extra).await.unwrap();
    let post = Post::update_by_id(db, 1, doc! { "$rename": { "other": "updated" } }).await.unwrap();
    assert_eq!((post.updated, post.rev), (by_hand(), 6));
    // a renamed managed field is gone, and isn't written again by the same update
    Post::find(Post::ID.eq(2)).update(db, doc! { "$rename": { "rev": "old" } }).await.unwrap();
    let stored = document(db, "posts", 2).await;
    assert_eq!((stored.get("rev"), stored.get_i64("old")), (None, Ok(5)));
}

/// A change of an `Option` is sent as a pipeline, which treats null like a missing field.
#[tokio::test]
async fn pipelines_set_what_they_do_not_write() {
    assert_stores(Post::LIKES.inc(1), None, 6).await;
    assert_stores((Post::LIKES.inc(1), Post::REV.set(40)), None, 40).await;
    assert_stores((Post::LIKES.inc(1), Post::REV.inc(10)), None, 15).await;
    assert_stores((Post::LIKES.inc(1), Post::UPDATED.set(by_hand())), Some(by_hand()), 6).await;
    // a document from before there was a version
    let test = database().await;
    let db = test.db();
    let old = doc! { "_id": 1, "title": "t", "likes": null, "created": long_ago(), "updated": long_ago() };
    insert_documents(db, "posts", [old]).await;
    let post = Post::update_by_id(db, 1, Post::LIKES.inc(2)).await.unwrap();
    assert_eq!((post.likes, post.rev), (Some(2), 1));
}

#[tokio::test]
async fn a_mistake_in_an_update_is_the_servers_error() {
    let test = database().await;
    let db = test.db();
    store(db).await;
    for wrong in
        [doc! { "$set": 1 }, doc! { "$inc": { "title": 1 } }, doc! { "title": "x" }, doc! { "$nothing": { "a": 1 } }]
    {
        let outcome = Post::update_by_id(db, 1, wrong.clone()).await;
        assert!(outcome.is_err(), "{wrong}");
    }
    assert_eq!(document(db, "posts", 1).await.get("rev"), Some(&Bson::Int64(5)));
}

/// A filter that matches nothing, or an id that isn't stored, inserts nothing.
#[tokio::test]
async fn an_update_of_nothing_writes_nothing() {
    let test = database().await;
    let db = test.db();
    store(db).await;
    assert_eq!(Post::find(Post::ID.eq(9)).update(db, Post::TITLE.set("x")).await.unwrap(), 0);
    assert!(matches!(Post::update_by_id(db, 9, Post::TITLE.set("x")).await, Err(earnorm::Error::NotFound { .. })));
    assert_eq!(earnorm_tests::documents(db, "posts").await.len(), 2);
}
