//! `first()` of an include: at most one document of a relation to many.

use earnorm::prelude::*;
use earnorm_testkit::assert_commands;
use earnorm_tests::{STRATEGIES, database};

use crate::models::{Club, Comment, Member, Name, Post, Title, User, blog};

#[tokio::test]
async fn the_first_of_each_parent_is_an_option() {
    let test = database().await;
    let db = test.db();
    blog(db).await;
    Post::find(Post::AUTHOR_ID.eq(3)).delete(db).await.unwrap();
    for strategy in STRATEGIES {
        let commands = if strategy == Strategy::Batch { 2 } else { 1 };
        let query = User::find_all().with(User::POSTS.order_by(Post::LIKES.desc()).first()).strategy(strategy);
        let users = assert_commands!(test, commands, query.order_by(User::ID.asc()).all(db).await).unwrap();
        for user in &users {
            let best: Option<&Post> = user.related(User::POSTS);
            let expected = user.posts().order_by(Post::LIKES.desc()).first(db).await.unwrap();
            assert_eq!(best, expected.as_ref(), "{strategy:?}");
        }
        assert_eq!(users[3].related(User::POSTS), None);
    }
}

#[tokio::test]
async fn first_works_with_every_kind_and_what_is_loaded_below() {
    let test = database().await;
    let db = test.db();
    blog(db).await;
    for strategy in STRATEGIES {
        let query = User::find_all()
            .order_by(User::ID.asc())
            .view::<Name>()
            .with(User::CLUBS.first())
            .with(User::GROUPS.first())
            .with(User::LIKED.order_by(Post::ID.desc()).view::<Title>().with(Post::COMMENTS.first()).first())
            .with(User::POSTS.filter(Post::LIKES.gt(1_000)).first())
            .with(User::POSTS.count())
            .strategy(strategy);
        let users = query.all(db).await.unwrap();
        let user = &users[2];
        let first: Option<&Club> = user.related(User::CLUBS);
        assert_eq!(first.map(|club| club.id), Some(3), "{strategy:?}: the first of the array");
        assert_eq!(user.related(User::GROUPS).map(|group| group.id), Some(2));
        let liked = user.related(User::LIKED).unwrap();
        assert_eq!(liked.title, "post 98");
        let comment: Option<&Comment> = liked.related(Post::COMMENTS);
        assert_eq!(comment.map(|comment| comment.id), Some(98));
        assert_eq!(user.related(User::POSTS), None);
        assert_eq!(user.count(User::POSTS), 5);
        let json = serde_json::to_value(user).unwrap();
        assert_eq!(json["liked"]["comments"]["_id"], 98);
        assert_eq!(json["posts"], serde_json::Value::Null);
    }
    assert_eq!(Member::find_all().count(db).await.unwrap(), 20);
}
