//! Stored values that don't fit a view.

use earnorm::Error;
use earnorm::prelude::*;
use earnorm_tests::{STRATEGIES, database, insert_documents};

use crate::models::{Card, Name, Post, Title, User, blog};

#[tokio::test]
async fn a_document_that_does_not_fit_is_named() {
    let test = database().await;
    let db = test.db();
    insert_documents(db, "users", [doc! { "_id": 1, "fullName": 5, "age": "old" }]).await;
    let error = User::find_all().view::<Card>().all(db).await.unwrap_err();
    let Error::Decode { model, field, id, .. } = &error else { panic!("{error}") };
    assert_eq!((*model, field.as_str(), id.as_ref()), ("User", "fullName", &1.into()), "{error}");
}

#[tokio::test]
async fn only_the_fields_of_the_view_have_to_fit() {
    let test = database().await;
    let db = test.db();
    // neither `age` nor the text can be read as the model
    insert_documents(db, "users", [doc! { "_id": 1, "fullName": "Ada", "age": "old", "clubIds": [] }]).await;
    insert_documents(db, "posts", [doc! { "_id": 2, "title": "First", "text": 7, "author_id": 1 }]).await;
    assert!(User::find_all().all(db).await.is_err());
    for strategy in STRATEGIES {
        let query = User::find_all().view::<Name>().with(User::POSTS.view::<Title>()).strategy(strategy);
        let found = query.all(db).await.unwrap();
        assert_eq!(found[0].name, "Ada");
        assert_eq!(found[0].related(User::POSTS), [Title { title: "First".into() }]);
    }
}

#[tokio::test]
async fn keys_that_are_null_missing_or_wrong_refer_to_nothing() {
    let test = database().await;
    let db = test.db();
    blog(db).await;
    let rows = [
        doc! { "_id": 1_001, "title": "null", "author_id": null },
        doc! { "_id": 1_002, "title": "missing" },
        doc! { "_id": 1_003, "title": "list", "author_id": [1, 2] },
        doc! { "_id": 1_004, "title": "text", "author_id": "1" },
        doc! { "_id": 1_005, "title": "long", "author_id": 1_i64 },
    ];
    insert_documents(db, "posts", rows).await;
    for strategy in STRATEGIES {
        let query = Post::find(Post::ID.gt(1_000)).order_by(Post::ID.asc()).view::<Title>();
        let found = query.with(Post::AUTHOR.view::<Name>()).strategy(strategy).all(db).await.unwrap();
        let authors: Vec<_> = found
            .iter()
            .map(|post| (post.title.as_str(), post.related(Post::AUTHOR).map(|author| author.name.as_str())))
            .collect();
        let none = [("null", None), ("missing", None), ("list", None), ("text", None)];
        assert_eq!(authors[..4], none, "{strategy:?}");
        assert_eq!(authors[4], ("long", Some("user 1")), "{strategy:?}");
    }
}
