//! Bulk writes of counted documents.

use earnorm::prelude::*;
use earnorm_testkit::assert_commands;
use earnorm_tests::database;

use crate::models::{Author, Club, Member, Post, author, member, post};
use crate::{assert_right, numbers};

#[tokio::test]
async fn a_bulk_moves_counters_in_one_transaction() {
    let test = database().await;
    let db = test.db();
    for id in 1..=2 {
        author(id).insert(db).await.unwrap();
    }
    Post::insert_many(db, &[post(1, 1), post(2, 1), post(3, 2)]).await.unwrap();
    let bulk = Post::bulk(db).insert(post(4, 1)).save(post(1, 2)).update(2, Post::AUTHOR_ID.set(None)).delete(3);
    bulk.run().await.unwrap();
    assert_eq!(numbers::<Author>(db, "posts").await, [1, 1]);
    assert_right(db, "a bulk").await;
    // keys before, inserts, keys after, counters, commit
    let inserts = Post::bulk(db).insert_many((10..20).map(|id| post(id, 2)));
    assert_commands!(test, 5, inserts.run().await.unwrap());
    assert_eq!(numbers::<Author>(db, "posts").await, [1, 11]);
}

#[tokio::test]
async fn a_bulk_that_fails_moves_nothing() {
    let test = database().await;
    let db = test.db();
    author(1).insert(db).await.unwrap();
    Post::ensure_indexes(db).await.unwrap();
    post(1, 1).insert(db).await.unwrap();
    let same = Post { id: 3, ..post(1, 1) };
    let error = Post::bulk(db).insert(post(2, 1)).insert(same).run().await.unwrap_err();
    assert!(matches!(error, earnorm::Error::Bulk { .. }), "{error:?}");
    assert_eq!(numbers::<Author>(db, "posts").await, [1]);
    assert_right(db, "a bulk that failed").await;
}

#[tokio::test]
async fn a_bulk_counts_arrays() {
    let test = database().await;
    let db = test.db();
    Club::insert_many(db, &[1, 2].map(|id| Club { id, member_count: 0 })).await.unwrap();
    member(1, &[1]).insert(db).await.unwrap();
    let bulk = Member::bulk(db).update(1, Member::CLUB_IDS.push(2)).insert(member(2, &[2, 2]));
    bulk.run().await.unwrap();
    assert_eq!(numbers::<Member>(db, "club_count").await, [2, 1]);
    assert_eq!(numbers::<Club>(db, "member_count").await, [1, 2]);
    assert_right(db, "a bulk with arrays").await;
}

#[tokio::test]
async fn a_document_that_a_long_bulk_writes_twice_counts_once() {
    let test = database().await;
    let db = test.db();
    for id in 1..=3 {
        author(id).insert(db).await.unwrap();
    }
    post(1, 1).insert(db).await.unwrap();
    let mut bulk = Post::bulk(db).update(1, Post::AUTHOR_ID.set(2));
    for id in 1_000..2_100 {
        bulk = bulk.save(post(id, 3));
    }
    // in another chunk of ids than the first one
    bulk.update(1, Post::AUTHOR_ID.set(3)).run().await.unwrap();
    assert_eq!(numbers::<Author>(db, "posts").await, [0, 0, 1_101]);
    assert_right(db, "a long bulk").await;
}
