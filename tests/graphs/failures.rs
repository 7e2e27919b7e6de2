//! Inserts that fail, with and without transactions.

use earnorm::prelude::*;
use earnorm::{Error, graph};
use earnorm_testkit::TestDb;
use earnorm_tests::{count, database};

use crate::models::{Category, Post, Tag, User, category, post, tags, user};

#[tokio::test]
async fn a_duplicate_names_its_model_and_stores_nothing() {
    let test = database().await;
    earnorm::ensure_indexes(test.db()).await.unwrap();
    post("taken").insert(test.db()).await.unwrap();
    let posts = [graph(post("new")).with(Post::TAGS, tags(&["x"])), graph(post("taken")).with(Post::TAGS, vec![])];
    let error = graph(user("Ada")).with(User::POSTS, posts).insert(test.db()).await.err().unwrap();
    assert!(matches!(&error, Error::Duplicate { model: "Post", index } if index.contains("title")), "{error}");
    let counts = (count::<User>(test.db()).await, count::<Post>(test.db()).await, count::<Tag>(test.db()).await);
    assert_eq!(counts, (0, 1, 0));
}

#[tokio::test]
async fn a_checked_reference_outside_of_the_graph_must_exist() {
    let test = database().await;
    let lost = Category { parent_id: Some(99), ..category(1) };
    let error = graph(lost).with(Category::CHILDREN, [category(2)]).insert(test.db()).await.err().unwrap();
    assert!(matches!(error, Error::MissingReference { model: "Category", .. }), "{error}");
    assert_eq!(count::<Category>(test.db()).await, 0);
}

#[tokio::test]
async fn without_transactions_what_others_refer_to_comes_first() {
    let (test, _proxy) = TestDb::standalone().await.unwrap();
    let inserted = graph(user("Ada")).with(User::POSTS, [post("a"), post("b")]).insert(test.db()).await.unwrap();
    assert_eq!((inserted.post_count, inserted.related(User::POSTS)[0].rev), (2, 1));
    assert_eq!(*inserted, User::get(test.db(), inserted.id).await.unwrap().unwrap());

    // the second post fails, after the user and the first post
    let twin = post("c");
    let posts = [twin.clone(), Post { title: "d".to_owned(), ..twin }];
    let error = graph(user("Grace")).with(User::POSTS, posts).insert(test.db()).await.err().unwrap();
    assert!(matches!(error, Error::Duplicate { model: "Post", .. }), "{error}");
    let grace = User::find(User::NAME.eq("Grace")).one(test.db()).await.unwrap();
    assert_eq!(grace.posts().count(test.db()).await.unwrap(), 1);
}
