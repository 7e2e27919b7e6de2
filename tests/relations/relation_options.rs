//! The filter, order and limit of a relation.

use earnorm::prelude::*;
use earnorm_testkit::{TestDb, assert_commands};
use earnorm_tests::blog::{Comment, Post, User};
use earnorm_tests::database;

/// A post with 15 comments: 0 to 14 likes, every third one hidden, created in descending order.
async fn post(test: &TestDb) -> Post {
    let db = test.db();
    let ada = User::new("Ada", None);
    let post = ada.post("hello", 1).insert(db).await.unwrap();
    let comments: Vec<Comment> = (0..15)
        .map(|n| Comment {
            id: ObjectId::new(),
            text: format!("comment {n}"),
            status: if n % 3 == 0 { "hidden" } else { "active" }.into(),
            likes: n,
            created_at: 100 - n,
            post_id: post.id,
        })
        .collect();
    Comment::insert_many(db, &comments).await.unwrap();
    post
}

fn likes(comments: &[Comment]) -> Vec<i64> {
    comments.iter().map(|comment| comment.likes).collect()
}

#[tokio::test]
async fn the_filter_of_a_relation_always_applies() {
    let test = database().await;
    let (post, db) = (post(&test).await, test.db());
    assert_eq!(post.comments().count(db).await.unwrap(), 15);
    assert_eq!(post.active_comments().count(db).await.unwrap(), 10);
    let hidden = post.active_comments().filter(doc! { "status": "hidden" });
    assert_eq!(hidden.count(db).await.unwrap(), 0);
    let any = post.active_comments().filter(Comment::STATUS.is_in(["hidden", "active"]));
    assert_eq!(any.all(db).await.unwrap().len(), 10);
}

#[tokio::test]
async fn an_explicit_order_replaces_the_order_of_the_relation() {
    let test = database().await;
    let (post, db) = (post(&test).await, test.db());
    let recent = post.recent_comments().limit(3).all(db).await.unwrap();
    assert_eq!(likes(&recent), [0, 1, 2]);
    let explicit = post.recent_comments().order_by(Comment::LIKES.desc()).limit(3);
    assert_eq!(likes(&explicit.all(db).await.unwrap()), [14, 13, 12]);
}

#[tokio::test]
async fn the_smaller_limit_applies() {
    let test = database().await;
    let (post, db) = (post(&test).await, test.db());
    let top = assert_commands!(test, 1, { post.top_comments().all(db).await.unwrap() });
    assert_eq!(likes(&top), [14, 13, 12, 11, 10, 9, 8, 7, 6, 5]);
    assert_eq!(likes(&post.top_comments().limit(2).all(db).await.unwrap()), [14, 13]);
    assert_eq!(post.top_comments().limit(100).all(db).await.unwrap().len(), 10);
    assert_eq!(post.top_comments().count(db).await.unwrap(), 10);
    assert_eq!(likes(&post.top_comments().skip(8).all(db).await.unwrap()), [6, 5]);
    assert_eq!(post.top_comments().skip(10).count(db).await.unwrap(), 0);
    let page = post.top_comments().page(db, 2, 4).await.unwrap();
    assert_eq!((likes(&page.items), page.total), (vec![10, 9, 8, 7], 10));
    let last = post.top_comments().page(db, 3, 4).await.unwrap();
    assert_eq!(likes(&last.items), [6, 5]);
}

#[tokio::test]
async fn to_query_includes_filter_order_and_limit_of_the_relation() {
    let test = database().await;
    let post = post(&test).await;
    let find = post.top_comments().filter(Comment::LIKES.gt(3)).to_query().unwrap();
    assert_eq!(find.collection, "comments");
    assert_eq!(find.filter, doc! { "post_id": post.id, "likes": { "$gt": 3_i64 } });
    assert_eq!(find.sort, doc! { "likes": -1, "_id": 1 });
    assert_eq!((find.skip, find.limit), (None, Some(10)));
    let both = post.active_comments().filter(doc! { "status": "x" }).to_query().unwrap();
    assert_eq!(both.filter, doc! { "$and": [{ "post_id": post.id, "status": "active" }, { "status": "x" }] });
}

#[tokio::test]
async fn update_all_of_a_limited_relation_changes_only_its_results() {
    let test = database().await;
    let (post, db) = (post(&test).await, test.db());
    let changed =
        assert_commands!(test, 2, { post.top_comments().update_all(db, Comment::STATUS.set("top")).await.unwrap() });
    assert_eq!(changed, 10);
    let top = Comment::find(Comment::STATUS.eq("top")).all(db).await.unwrap();
    assert!(top.iter().all(|comment| comment.likes >= 5));
    assert_eq!(top.len(), 10);
}

#[tokio::test]
async fn pages_by_key_end_at_the_limit_of_the_relation() {
    let test = database().await;
    let (post, db) = (post(&test).await, test.db());
    let top = post.top_comments().all(db).await.unwrap();
    let after = |n: usize| post.top_comments().after(&top[n]);
    assert_eq!(likes(&assert_commands!(test, 2, after(3).all(db).await.unwrap())), [10, 9, 8, 7, 6, 5]);
    assert_eq!(likes(&after(3).limit(2).all(db).await.unwrap()), [10, 9]);
    assert_eq!(likes(&after(3).skip(4).all(db).await.unwrap()), [6, 5]);
    assert!(assert_commands!(test, 2, after(9).all(db).await.unwrap()).is_empty());
    assert_eq!(assert_commands!(test, 2, after(7).count(db).await.unwrap()), 2);
    assert!(!after(9).exists(db).await.unwrap());
    assert_eq!(after(8).first(db).await.unwrap().map(|comment| comment.likes), Some(5));
    let page = assert_commands!(test, 3, after(3).page(db, 2, 4).await.unwrap());
    assert_eq!((likes(&page.items), page.total), (vec![6, 5], 6));
    let mut rows = after(8).stream(db);
    assert_eq!(rows.next().await.unwrap().unwrap().likes, 5);
    assert!(rows.next().await.is_none());
    // an order or a filter of the handle changes which ten come first
    let least = || post.top_comments().order_by(Comment::LIKES.asc());
    let five = &top[9];
    assert_eq!(likes(&least().after(five).all(db).await.unwrap()), [6, 7, 8, 9]);
    let hidden = post.top_comments().filter(Comment::STATUS.eq("hidden")).after(&top[2]);
    assert_eq!(likes(&hidden.all(db).await.unwrap()), [9, 6, 3, 0]);
    let shown = after(7).to_query().unwrap();
    assert_eq!((shown.first.len(), shown.first[0].limit), (1, Some(10)));
    assert_eq!(after(7).update_all(db, Comment::STATUS.set("low")).await.unwrap(), 2);
    assert_eq!(post.comments().filter(Comment::STATUS.eq("low")).count(db).await.unwrap(), 2);
    assert_eq!(after(9).delete_all(db).await.unwrap().deleted(), 0);
    assert_eq!(after(8).delete_all(db).await.unwrap().deleted(), 1);
    assert_eq!(post.comments().count(db).await.unwrap(), 14);
}

#[tokio::test]
async fn a_page_by_key_without_a_limit_of_the_relation_is_one_command() {
    let test = database().await;
    let (post, db) = (post(&test).await, test.db());
    let recent = post.recent_comments().limit(3).all(db).await.unwrap();
    let next = post.recent_comments().after(&recent[2]).limit(2);
    assert_eq!(likes(&assert_commands!(test, 1, next.all(db).await.unwrap())), [3, 4]);
}
