//! What a relation declares: its filter, order and limit.

use earnorm::prelude::*;
use earnorm_testkit::{TestDb, assert_commands};

use crate::blog::{Comment, Post, User};
use crate::database;

/// A post with 15 comments: likes 0 to 14, every third one hidden, created in the opposite order.
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
async fn a_declared_filter_holds_whatever_is_asked() {
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
async fn an_explicit_order_replaces_the_declared_one() {
    let test = database().await;
    let (post, db) = (post(&test).await, test.db());
    let recent = post.recent_comments().limit(3).all(db).await.unwrap();
    assert_eq!(likes(&recent), [0, 1, 2]);
    let explicit = post.recent_comments().order_by(Comment::LIKES.desc()).limit(3);
    assert_eq!(likes(&explicit.all(db).await.unwrap()), [14, 13, 12]);
}

#[tokio::test]
async fn the_smaller_limit_counts() {
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
async fn what_would_be_sent_can_be_looked_at() {
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
async fn update_all_of_a_limited_relation_changes_only_what_it_shows() {
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
async fn a_page_by_key_ends_with_the_declared_limit() {
    let test = database().await;
    let (post, db) = (post(&test).await, test.db());
    let top = post.top_comments().all(db).await.unwrap();
    let behind = |n: usize| post.top_comments().after(&top[n]);
    assert_eq!(likes(&assert_commands!(test, 2, behind(3).all(db).await.unwrap())), [10, 9, 8, 7, 6, 5]);
    assert_eq!(likes(&behind(3).limit(2).all(db).await.unwrap()), [10, 9]);
    assert_eq!(likes(&behind(3).skip(4).all(db).await.unwrap()), [6, 5]);
    assert!(assert_commands!(test, 2, behind(9).all(db).await.unwrap()).is_empty());
    assert_eq!(assert_commands!(test, 2, behind(7).count(db).await.unwrap()), 2);
    assert!(!behind(9).exists(db).await.unwrap());
    assert_eq!(behind(8).first(db).await.unwrap().map(|comment| comment.likes), Some(5));
    let page = assert_commands!(test, 3, behind(3).page(db, 2, 4).await.unwrap());
    assert_eq!((likes(&page.items), page.total), (vec![6, 5], 6));
    let mut rows = behind(8).stream(db);
    assert_eq!(rows.next().await.unwrap().unwrap().likes, 5);
    assert!(rows.next().await.is_none());
    // an order or a filter of the handle's own says what the first ten are
    let least = || post.top_comments().order_by(Comment::LIKES.asc());
    let five = &top[9];
    assert_eq!(likes(&least().after(five).all(db).await.unwrap()), [6, 7, 8, 9]);
    let hidden = post.top_comments().filter(Comment::STATUS.eq("hidden")).after(&top[2]);
    assert_eq!(likes(&hidden.all(db).await.unwrap()), [9, 6, 3, 0]);
    let shown = behind(7).to_query().unwrap();
    assert_eq!((shown.first.len(), shown.first[0].limit), (1, Some(10)));
    assert_eq!(behind(7).update_all(db, Comment::STATUS.set("low")).await.unwrap(), 2);
    assert_eq!(post.comments().filter(Comment::STATUS.eq("low")).count(db).await.unwrap(), 2);
    assert_eq!(behind(9).delete_all(db).await.unwrap().deleted(), 0);
    assert_eq!(behind(8).delete_all(db).await.unwrap().deleted(), 1);
    assert_eq!(post.comments().count(db).await.unwrap(), 14);
}

#[tokio::test]
async fn a_page_by_key_costs_nothing_more_without_a_declared_limit() {
    let test = database().await;
    let (post, db) = (post(&test).await, test.db());
    let recent = post.recent_comments().limit(3).all(db).await.unwrap();
    let next = post.recent_comments().after(&recent[2]).limit(2);
    assert_eq!(likes(&assert_commands!(test, 1, next.all(db).await.unwrap())), [3, 4]);
}
