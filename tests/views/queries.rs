//! Every way to run a query, with a view.

use earnorm::prelude::*;
use earnorm::{Error, Page};
use earnorm_testkit::assert_commands;
use earnorm_tests::{STRATEGIES, database};

use crate::models::{Card, Name, Post, Title, User, blog};

fn name(id: i32) -> Name {
    Name { name: format!("user {id}") }
}

#[tokio::test]
async fn every_call_of_a_query_reads_views() {
    let test = database().await;
    let db = test.db();
    blog(db).await;
    let query = || User::find_all().order_by(User::ID.asc()).view::<Name>();
    assert_eq!(query().first(db).await.unwrap(), Some(name(0)));
    assert_eq!(query().filter(User::ID.eq(3)).one(db).await.unwrap(), name(3));
    assert!(matches!(query().one(db).await, Err(Error::NotUnique { .. })));
    assert!(matches!(query().filter(User::ID.eq(99)).one(db).await, Err(Error::NotFound { .. })));
    assert_eq!(query().skip(2).limit(2).all(db).await.unwrap(), [name(2), name(3)]);
    let page: Page<Name> = query().page(db, 2, 3).await.unwrap();
    assert_eq!((page.items, page.total), (vec![name(3), name(4), name(5)], 20));
    assert_eq!(query().count(db).await.unwrap(), 20);
    assert!(query().exists(db).await.unwrap());
    let last = User::get(db, 17).await.unwrap().unwrap();
    assert_eq!(query().after(&last).all(db).await.unwrap(), [name(18), name(19)]);
    let liked = query().filter(User::POSTS.filter(Post::LIKES.gt(29)).any()).all(db).await.unwrap();
    assert!(!liked.is_empty() && liked.len() < 20, "{liked:?}");
    let in_transaction = earnorm::transaction(db, async |tx| query().limit(1).all(tx).await).await.unwrap();
    assert_eq!(in_transaction, [name(0)]);
}

#[tokio::test]
async fn a_view_can_come_before_or_after_what_is_loaded() {
    let test = database().await;
    let db = test.db();
    blog(db).await;
    for strategy in STRATEGIES {
        let posts = || User::POSTS.order_by(Post::ID.desc()).limit(2);
        let before = User::find_all().view::<Card>().with(posts().view::<Title>()).strategy(strategy);
        let after = User::find_all().with(posts().view::<Title>()).strategy(strategy).view::<Card>();
        let json = |rows| serde_json::to_value(rows).unwrap();
        let (before, after) = (before.all(db).await.unwrap(), after.all(db).await.unwrap());
        assert_eq!(json(&before), json(&after));
        assert_eq!(before.len(), 20);
        let posts: Vec<_> = before[0].related(User::POSTS).iter().map(|post| post.title.clone()).collect();
        assert_eq!(posts, ["post 80", "post 60"]);
    }
}

#[tokio::test]
async fn an_include_that_is_an_option_can_be_a_view() {
    let test = database().await;
    let db = test.db();
    blog(db).await;
    for wanted in [true, false] {
        let posts = wanted.then(|| User::POSTS.view::<Title>());
        let commands = if wanted { 2 } else { 1 };
        let names =
            assert_commands!(test, commands, User::find_all().view::<Name>().with(posts).all(db).await).unwrap();
        assert_eq!(names[0].related(User::POSTS).map(<[_]>::len), wanted.then_some(5));
    }
}

#[tokio::test]
async fn a_list_of_ids_in_their_order_and_in_pieces_reads_views() {
    let test = database().await;
    let db = test.db();
    blog(db).await;
    let user = User::get(db, 2).await.unwrap().unwrap();
    #[derive(Debug, PartialEq, Deserialize, View)]
    #[view(of = crate::models::Club)]
    struct ClubId {
        #[serde(rename = "_id")]
        id: i32,
    }
    let clubs = user.clubs().view::<ClubId>().all(db).await.unwrap();
    assert_eq!(clubs.iter().map(|club| club.id).collect::<Vec<_>>(), user.club_ids);
    let ids: Vec<i32> = (0..1_500).collect();
    let mut sorted =
        Post::find(Post::ID.is_in(ids)).order_by(Post::LIKES.desc()).view::<Title>().all(db).await.unwrap();
    assert_eq!(sorted.len(), 100);
    let best = sorted.remove(0);
    let expected = Post::find_all().order_by(Post::LIKES.desc()).first(db).await.unwrap().unwrap();
    assert_eq!(best.title, expected.title);
}

#[tokio::test]
async fn views_serialize_with_what_was_loaded() {
    let test = database().await;
    let db = test.db();
    blog(db).await;
    let query = User::find(User::ID.eq(4)).view::<Name>().with(User::POSTS.count()).with(User::PROFILE);
    let found = query.one(db).await.unwrap();
    let json = serde_json::json!({
        "name": "user 4", "posts_count": 5, "profile": { "_id": 2, "site": "site 2", "user_id": 4 },
    });
    assert_eq!(serde_json::to_value(&found).unwrap(), json);
    assert_eq!(found.name, "user 4");
    assert_eq!(found.into_parts().0, name(4));
}
