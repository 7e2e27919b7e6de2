//! Every write of documents with a counted key.

use std::time::Duration;

use earnorm::mongodb::Database;
use earnorm::mongodb::bson::{DateTime, Document};
use earnorm::prelude::*;
use earnorm::{Error, transaction};
use earnorm_testkit::{TestDb, assert_commands};
use earnorm_tests::database;

use crate::models::{Author, Badge, Comment, Post, author, post};
use crate::{assert_right, numbers};

/// The numbers of posts that two authors have.
async fn posts(db: &Database) -> [i64; 2] {
    numbers::<Author>(db, "posts").await.try_into().unwrap()
}

async fn two_authors() -> (TestDb, Author, Author) {
    let test = database().await;
    let first = author(1).insert(test.db()).await.unwrap();
    let second = author(2).insert(test.db()).await.unwrap();
    (test, first, second)
}

#[tokio::test]
async fn every_write_moves_the_counters() {
    let (test, first, second) = two_authors().await;
    let db = test.db();
    let check = async |after: &str, expected: [i64; 2]| {
        assert_eq!(posts(db).await, expected, "after {after}");
        assert_right(db, after).await;
    };
    check("insert of the authors", [0, 0]).await;
    let mut one = post(1, 1).insert(db).await.unwrap();
    check("insert", [1, 0]).await;
    Post::insert_many(db, &[post(2, 1), post(3, 2), post(4, None)]).await.unwrap();
    check("insert_many", [2, 1]).await;
    first.posts().create(db, post(5, None)).await.unwrap();
    check("create", [3, 1]).await;
    second.posts().add(db, post(5, None)).await.unwrap();
    check("add of a document of another", [2, 2]).await;
    second.posts().add_many(db, [post(6, None), post(2, None)]).await.unwrap();
    check("add_many", [1, 4]).await;
    second.posts().remove(db, &post(2, None)).await.unwrap();
    check("remove", [1, 3]).await;
    first.posts().set(db, [post(1, None), post(4, None)]).await.unwrap();
    check("set", [2, 3]).await;
    one.author_id = Some(2);
    one.save(db).await.unwrap();
    check("save with another key", [1, 4]).await;
    post(7, 1).save(db).await.unwrap();
    check("save of a new document", [2, 4]).await;
    one.save(db).await.unwrap();
    check("save with the same key", [2, 4]).await;
    one.update(db, Post::AUTHOR_ID.set(Some(1))).await.unwrap();
    check("update of the key", [3, 3]).await;
    Post::update_by_id(db, 1, (Post::AUTHOR_ID.set(None), Post::LIKES.inc(1))).await.unwrap();
    check("update_by_id to null", [2, 3]).await;
    Post::find(Post::AUTHOR_ID.eq(2)).limit(2).update(db, Post::AUTHOR_ID.set(Some(1))).await.unwrap();
    check("an update of two results", [4, 1]).await;
    Post::find(Post::AUTHOR_ID.eq(1)).update(db, Post::LIKES.inc(1)).await.unwrap();
    check("an update of another field", [4, 1]).await;
    Post::by_slug("7").update(db, Post::AUTHOR_ID.set(Some(2))).await.unwrap();
    check("update by a unique key", [3, 2]).await;
    Post::by_slug("7").upsert(db, Post { author_id: Some(1), ..post(7, None) }).await.unwrap();
    check("upsert that replaces", [4, 1]).await;
    Post::by_slug("8").get_or_insert(db, || post(8, 2)).await.unwrap();
    check("get_or_insert", [4, 2]).await;
    post(8, 2).delete(db).await.unwrap();
    check("delete", [4, 1]).await;
    Post::find(Post::AUTHOR_ID.eq(1)).limit(1).delete(db).await.unwrap();
    check("delete of a result", [3, 1]).await;
    second.posts().clear(db).await.unwrap();
    check("clear", [3, 0]).await;
    let moved = transaction(db, async |tx| {
        post(9, 2).insert(tx).await?;
        Post::find(Post::AUTHOR_ID.eq(1)).update(tx, Post::AUTHOR_ID.set(Some(2))).await
    });
    assert_eq!(moved.await.unwrap(), 3);
    check("writes in a transaction", [0, 4]).await;
    let undone = transaction(db, async |tx| {
        post(10, 1).insert(tx).await?;
        Err::<(), _>(Error::other("no"))
    });
    undone.await.unwrap_err();
    check("a transaction that was undone", [0, 4]).await;
    author(2).delete(db).await.unwrap();
    assert_eq!(numbers::<Author>(db, "posts").await, [0]);
    assert_right(db, "delete of an author, which empties keys").await;
}

#[tokio::test]
async fn a_cascade_counts_what_it_deletes_elsewhere() {
    let (test, ..) = two_authors().await;
    let db = test.db();
    Post::insert_many(db, &[post(1, 1), post(2, 1)]).await.unwrap();
    for (id, post_id) in [(1, 1), (2, 1), (3, 2)] {
        Comment { id, post_id }.insert(db).await.unwrap();
    }
    assert_eq!(numbers::<Post>(db, "comment_count").await, [2, 1]);
    post(1, 1).delete(db).await.unwrap();
    assert_eq!(numbers::<Post>(db, "comment_count").await, [1]);
    assert_eq!(posts(db).await, [1, 0]);
    assert_right(db, "a cascade").await;
}

#[tokio::test]
async fn a_blocked_delete_moves_nothing() {
    let (test, first, _) = two_authors().await;
    let db = test.db();
    post(1, 1).insert(db).await.unwrap();
    Badge { id: 1, owner_id: 1 }.insert(db).await.unwrap();
    let before: Vec<i64> = numbers::<Author>(db, "posts").await;
    assert!(matches!(first.delete(db).await, Err(Error::Restricted { .. })));
    assert_eq!(numbers::<Author>(db, "posts").await, before);
    assert_right(db, "a blocked delete").await;
}

/// The author in memory doesn't know what the posts did to the stored one.
#[tokio::test]
async fn a_save_keeps_what_related_documents_changed() {
    let (test, mut first, mut second) = two_authors().await;
    let db = test.db();
    post(1, 1).insert(db).await.unwrap();
    let active = Author::get(db, 1).await.unwrap().unwrap().active.unwrap();
    first.name = "Ada".into();
    first.save(db).await.unwrap();
    let stored = Author::get(db, 1).await.unwrap().unwrap();
    assert_eq!((stored.post_count, stored.active, stored.name.as_str(), stored.rev), (1, Some(active), "Ada", 2));
    // neither a change of the counter nor a touch is a change of the author
    assert_eq!(first.rev, 2);
    second.posts().add(db, post(1, None)).await.unwrap();
    Author::bulk(db).save(second.clone()).run().await.unwrap();
    second = Author::get(db, 2).await.unwrap().unwrap();
    assert_eq!((second.post_count, second.rev), (1, 2));
    assert_right(db, "saves of authors").await;
}

#[tokio::test]
async fn a_counter_can_be_written_by_hand() {
    let (test, mut first, _) = two_authors().await;
    let db = test.db();
    first.update(db, Author::POST_COUNT.set(5)).await.unwrap();
    assert_eq!(posts(db).await, [5, 0]);
}

#[tokio::test]
async fn writes_of_related_documents_touch() {
    let (test, ..) = two_authors().await;
    let db = test.db();
    let active = async |id: i32| Author::get(db, id).await.unwrap().unwrap().active;
    assert_eq!((active(1).await, active(2).await), (None, None));
    let begin = DateTime::now();
    let mut one = post(1, 1).insert(db).await.unwrap();
    let inserted = active(1).await.unwrap();
    assert!(inserted >= begin && active(2).await.is_none());
    tokio::time::sleep(Duration::from_millis(3)).await;
    one.save(db).await.unwrap();
    let saved = active(1).await.unwrap();
    assert!(saved > inserted, "a save of a related document touches");
    tokio::time::sleep(Duration::from_millis(3)).await;
    one.update(db, Post::LIKES.set(Some(1))).await.unwrap();
    assert_eq!(active(1).await, Some(saved), "an update of another field than the key doesn't touch");
    one.update(db, Post::AUTHOR_ID.set(Some(2))).await.unwrap();
    assert!(active(1).await.unwrap() > saved && active(2).await.is_some(), "a move touches both");
    let moved = active(2).await;
    tokio::time::sleep(Duration::from_millis(3)).await;
    one.delete(db).await.unwrap();
    assert!(active(2).await > moved, "a delete touches");
}

#[tokio::test]
async fn the_commands_of_counted_writes() {
    let (test, ..) = two_authors().await;
    let db = test.db();
    // a counter: the write, the counters, and the commit
    let mut one = assert_commands!(test, 3, post(1, 1).insert(db).await.unwrap());
    assert_commands!(test, 3, Post::insert_many(db, &[post(2, 1), post(3, 2), post(4, 2)]).await.unwrap());
    assert_commands!(test, 3, one.save(db).await.unwrap());
    // the key before; the reply has the one after
    assert_commands!(test, 4, one.update(db, Post::AUTHOR_ID.set(Some(2))).await.unwrap());
    // the keys before and after
    let all = Post::find(Post::AUTHOR_ID.eq(2));
    assert_commands!(test, 5, all.update(db, Post::AUTHOR_ID.set(Some(1))).await.unwrap());
    assert_commands!(test, 1, one.update(db, Post::LIKES.set(Some(2))).await.unwrap());
    // without a key, nothing is counted
    assert_commands!(test, 2, post(5, None).insert(db).await.unwrap());
    // the save of an author takes one command
    assert_commands!(test, 1, Author::get(db, 1).await.unwrap().unwrap());
    let mut first = Author::get(db, 1).await.unwrap().unwrap();
    assert_commands!(test, 1, first.save(db).await.unwrap());
}

/// On a server without transactions, the counters are written after the documents.
#[tokio::test]
async fn a_transaction_of_the_caller_takes_no_commit() {
    let (test, ..) = two_authors().await;
    let db = test.db();
    // insert, counters, commit of the caller
    assert_commands!(test, 3, transaction(db, async |tx| post(1, 1).insert(tx).await).await.unwrap());
    let raw = db.collection::<Document>("authors");
    assert_eq!(raw.find_one(doc! { "_id": 1 }).await.unwrap().unwrap().get_i64("posts").unwrap(), 1);
}
