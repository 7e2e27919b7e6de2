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
