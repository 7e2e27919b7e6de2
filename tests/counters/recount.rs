//! Counters that are wrong: found, counted anew and repaired.

use earnorm::Error;
use earnorm::integrity::{self, Kind, Repair};
use earnorm::mongodb::bson::{Bson, Document};
use earnorm::prelude::*;
use earnorm_testkit::assert_commands;
use earnorm_tests::database;

use crate::models::{Author, Club, Member, Post, author, member, post};
use crate::{assert_right, numbers};

#[tokio::test]
async fn a_scan_finds_what_other_programs_left() {
    let test = database().await;
    let db = test.db();
    for id in 1..=3 {
        author(id).insert(db).await.unwrap();
    }
    Post::insert_many(db, &[post(1, 1), post(2, 1), post(3, 2)]).await.unwrap();
    let authors = db.collection::<Document>("authors");
    authors.update_one(doc! { "_id": 1 }, doc! { "$set": { "posts": 9_i64 } }).await.unwrap();
    authors.update_one(doc! { "_id": 2 }, doc! { "$unset": { "posts": "" } }).await.unwrap();
    let report = integrity::scan(db).await.unwrap();
    let found: Vec<_> = report.entries().iter().map(|entry| (entry.holder.clone(), entry.id.clone())).collect();
    assert_eq!(found, [(Bson::Int32(1), Bson::Int64(9)), (Bson::Int32(2), Bson::Null)]);
    let entry = &report.entries()[0];
    assert_eq!((entry.model, entry.field, entry.target, entry.kind), ("Author", "posts", "Post", Kind::Counter));
    assert!(
        report.to_string().contains("`Author::posts` to `Post`: 2 are not the numbers of related documents"),
        "{report}"
    );
    let repaired = report.repair(db, Repair::Unlink).await.unwrap();
    assert_eq!((repaired.recounted, repaired.unlinked), (2, 0));
    assert!(repaired.to_string().contains("`Author::posts`: 2 corrected"), "{repaired}");
    assert_eq!(numbers::<Author>(db, "posts").await, [2, 1, 0]);
    assert!(integrity::scan(db).await.unwrap().is_empty());
}

#[tokio::test]
async fn recount_corrects_all_or_some() {
    let test = database().await;
    let db = test.db();
    for id in 1..=3 {
        author(id).insert(db).await.unwrap();
    }
    // as another program writes them
    let posts = db.collection::<Document>("articles");
    posts
        .insert_many((1..=5).map(|id| doc! { "_id": id, "slug": id.to_string(), "author_id": 1 + id % 2 }))
        .await
        .unwrap();
    // ids; documents, posts, counters and commit
    assert_eq!(
        assert_commands!(test, 5, Author::POSTS.recount_in(db, Author::find(Author::ID.eq(1))).await.unwrap()),
        1
    );
    assert_eq!(numbers::<Author>(db, "posts").await, [2, 0, 0]);
    assert_eq!(Author::POSTS.recount(db).await.unwrap(), 1);
    assert_eq!(numbers::<Author>(db, "posts").await, [2, 3, 0]);
    // nothing to write
    assert_eq!(assert_commands!(test, 4, Author::POSTS.recount(db).await.unwrap()), 0);
    let error = Author::BADGES.recount(db).await.unwrap_err();
    assert!(
        matches!(&error, Error::Invalid { value: false, .. }) && error.to_string().contains("counter = "),
        "{error}"
    );
}

#[tokio::test]
async fn arrays_are_counted_on_both_sides() {
    let test = database().await;
    let db = test.db();
    Club::insert_many(db, &[1, 2].map(|id| Club { id, member_count: 0 })).await.unwrap();
    member(1, &[1]).insert(db).await.unwrap();
    let members = db.collection::<Document>("members");
    members.update_one(doc! { "_id": 1 }, doc! { "$set": { "club_ids": [1, 2, 2] } }).await.unwrap();
    assert_eq!(Member::CLUBS.recount(db).await.unwrap(), 1);
    assert_eq!(Club::MEMBERS.recount(db).await.unwrap(), 1);
    assert_eq!(numbers::<Member>(db, "club_count").await, [2]);
    assert_eq!(numbers::<Club>(db, "member_count").await, [1, 1]);
    assert_right(db, "recount").await;
}

#[tokio::test]
async fn a_repair_of_references_moves_the_counters() {
    let test = database().await;
    let db = test.db();
    author(1).insert(db).await.unwrap();
    Post::insert_many(db, &[post(1, 1), post(2, 1)]).await.unwrap();
    // a post of an author that doesn't exist, and a counter that is wrong
    post(3, 9).insert(db).await.unwrap();
    db.collection::<Document>("authors").update_one(doc! {}, doc! { "$inc": { "posts": 1_i64 } }).await.unwrap();
    let report = integrity::scan(db).await.unwrap();
    assert_eq!(report.len(), 2, "{report}");
    report.repair(db, Repair::Delete).await.unwrap();
    assert!(integrity::scan(db).await.unwrap().is_empty());
    assert_eq!(numbers::<Author>(db, "posts").await, [2]);
}
