//! The commands and the replies of queries with views.

use earnorm::prelude::*;
use earnorm_testkit::TestDb;
use earnorm_tests::{STRATEGIES, database};

use crate::models::{Card, ClubName, Comment, GroupName, Name, Post, Title, User, blog};

/// The number of commands of a call, the bytes of their replies, and its result.
async fn sent<T>(test: &TestDb, call: impl Future<Output = earnorm::Result<T>>) -> (usize, usize, T) {
    let (found, sent) = test.log().record(call).await;
    (sent.len(), sent.iter().map(earnorm_testkit::Command::reply_bytes).sum(), found.unwrap())
}

#[tokio::test]
async fn a_view_moves_less_than_a_fifth_of_the_bytes() {
    let test = database().await;
    let db = test.db();
    blog(db).await;
    let (commands, whole, users) = sent(&test, User::find_all().order_by(User::ID.asc()).all(db)).await;
    assert_eq!(commands, 1);
    let (commands, part, cards) = sent(&test, User::find_all().view::<Card>().order_by(User::ID.asc()).all(db)).await;
    assert_eq!(commands, 1);
    assert!(part * 5 < whole, "{part} of {whole} bytes");
    let expected: Vec<_> = users.iter().map(|user| Card { id: user.id, full_name: user.full_name.clone() }).collect();
    assert_eq!(cards, expected);
}

#[tokio::test]
async fn includes_by_keys_that_the_view_lacks_take_as_many_commands_and_fewer_bytes() {
    let test = database().await;
    let db = test.db();
    blog(db).await;
    for strategy in STRATEGIES {
        let query = User::find_all().order_by(User::ID.asc()).strategy(strategy);
        let whole = query
            .clone()
            .with(User::POSTS.order_by(Post::ID.asc()).limit(3).with(Post::FANS).with(Post::COMMENTS))
            .with(User::CLUBS)
            .with(User::GROUPS)
            .with(User::PROFILE)
            .with(User::POSTS.count());
        let posts = User::POSTS.order_by(Post::ID.asc()).limit(3).view::<Title>();
        let viewed = query
            .view::<Name>()
            .with(posts.with(Post::FANS.view::<Name>()).with(Post::COMMENTS.count()))
            .with(User::CLUBS.view::<ClubName>())
            .with(User::GROUPS.view::<GroupName>())
            .with(User::PROFILE)
            .with(User::POSTS.count());
        let (whole_commands, whole_bytes, users) = sent(&test, whole.all(db)).await;
        let (commands, bytes, names) = sent(&test, viewed.all(db)).await;
        assert_eq!(commands, whole_commands, "{strategy:?}");
        assert!(bytes * 5 < whole_bytes, "{strategy:?}: {bytes} of {whole_bytes} bytes");
        assert_eq!(users.len(), names.len());
        for (user, name) in users.iter().zip(&names) {
            assert_eq!(user.full_name, name.name);
            let posts = user.related(User::POSTS).iter().zip(name.related(User::POSTS));
            assert_eq!(user.related(User::POSTS).len(), 3);
            assert_eq!(name.related(User::POSTS).len(), 3);
            for (post, title) in posts {
                assert_eq!(post.title, title.title);
                assert_eq!(post.related(Post::COMMENTS).len() as u64, title.count(Post::COMMENTS));
                let fans: Vec<_> = post.related(Post::FANS).iter().map(|fan| &fan.full_name).collect();
                let names: Vec<_> = title.related(Post::FANS).iter().map(|fan| &fan.name).collect();
                assert_eq!(fans, names, "{strategy:?}");
                assert!(!names.is_empty());
            }
            let clubs: Vec<_> = user.related(User::CLUBS).iter().map(|club| &club.name).collect();
            let names: Vec<_> = name.related(User::CLUBS).iter().map(|club| &club.name).collect();
            assert_eq!(clubs, names, "{strategy:?}: in the order of the array");
            let groups: Vec<_> = user.related(User::GROUPS).iter().map(|group| &group.name).collect();
            let names: Vec<_> = name.related(User::GROUPS).iter().map(|group| &group.name).collect();
            assert_eq!(groups, names);
            assert_eq!(user.related(User::PROFILE), name.related(User::PROFILE));
            assert_eq!(user.count(User::POSTS), name.count(User::POSTS));
        }
    }
}

#[tokio::test]
async fn the_server_sends_the_fields_the_id_and_the_keys() {
    let test = database().await;
    let db = test.db();
    blog(db).await;
    let query = Post::find_all().view::<Title>().with(Post::AUTHOR.view::<Name>());
    let (found, sent) = test.log().record(query.all(db)).await;
    assert_eq!(found.unwrap().len(), 100);
    let projections: Vec<_> = sent.iter().map(|command| command.body.get_document("projection").unwrap()).collect();
    assert_eq!(projections, [&doc! { "_id": 1, "author_id": 1, "title": 1 }, &doc! { "_id": 1, "fullName": 1 }]);
}

#[tokio::test]
async fn a_stream_of_views_beyond_one_reply_loads_what_is_asked_for() {
    let test = database().await;
    let db = test.db();
    let posts: Vec<_> = (0..2_500).map(|id| Comment { id, text: "x".repeat(8_000), post_id: id % 3 }).collect();
    Comment::insert_many(db, &posts).await.unwrap();

    #[derive(Debug, Deserialize, View)]
    #[view(of = Comment)]
    struct Id {
        #[serde(rename = "_id")]
        id: i32,
    }
    for strategy in STRATEGIES {
        let query =
            Comment::find_all().order_by(Comment::ID.desc()).view::<Id>().with(Comment::POST).strategy(strategy);
        let mut stream = query.stream(db);
        let mut next = 2_500;
        while let Some(row) = stream.next().await {
            next -= 1;
            assert_eq!(row.unwrap().id, next);
        }
        assert_eq!(next, 0);
    }
    let all = Comment::find_all().view::<Id>().all(db).await.unwrap();
    assert_eq!(all.len(), 2_500);
}
