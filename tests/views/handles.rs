//! Views by the handles of one document.

use earnorm::Error;
use earnorm::prelude::*;
use earnorm_testkit::assert_commands;
use earnorm_tests::database;

use crate::models::{ClubName, Comment, GroupName, Name, Post, Title, User, blog};

#[tokio::test]
async fn handles_of_every_kind_read_views() {
    let test = database().await;
    let db = test.db();
    blog(db).await;
    let user = User::get(db, 5).await.unwrap().unwrap();
    let titles = user.posts().order_by(Post::ID.asc()).view::<Title>();
    let titles = assert_commands!(test, 1, titles.all(db).await).unwrap();
    assert_eq!(titles[0], Title { title: "post 5".into() });
    let groups = assert_commands!(test, 2, user.groups().view::<GroupName>().all(db).await).unwrap();
    assert_eq!(groups, [GroupName { name: "group 2".into() }]);
    let clubs = assert_commands!(test, 1, user.clubs().view::<ClubName>().all(db).await).unwrap();
    assert_eq!(clubs.iter().map(|club| club.name.as_str()).collect::<Vec<_>>(), ["club 2", "club 1"]);
    let liked = assert_commands!(test, 1, user.liked().view::<Title>().count(db).await).unwrap();
    assert_eq!(liked, 14);
}

#[tokio::test]
async fn a_handle_of_one_document_has_get_and_require() {
    let test = database().await;
    let db = test.db();
    blog(db).await;
    let post = Post::get(db, 7).await.unwrap().unwrap();
    let author = assert_commands!(test, 1, post.author().view::<Name>().get(db).await).unwrap();
    assert_eq!(author, Some(Name { name: "user 7".into() }));
    let author = post.author().view::<Name>().with(User::POSTS.count()).require(db).await.unwrap();
    assert_eq!((author.name.as_str(), author.count(User::POSTS)), ("user 7", 5));
    let without = Post { author_id: None, ..post.clone() };
    assert_eq!(assert_commands!(test, 0, without.author().view::<Name>().get(db).await).unwrap(), None);
    let dangling = Post { author_id: Some(999), ..post };
    assert!(matches!(dangling.author().view::<Name>().require(db).await, Err(Error::NotFound { .. })));
    let user = User::get(db, 4).await.unwrap().unwrap();
    #[derive(Debug, Deserialize, View)]
    #[view(of = crate::models::Profile)]
    struct Site {
        site: String,
    }
    assert_eq!(user.profile().view::<Site>().require(db).await.unwrap().site, "site 2");
}

#[tokio::test]
async fn relations_of_documents_in_memory_load_as_views() {
    let test = database().await;
    let db = test.db();
    blog(db).await;
    let posts = Post::find(Post::ID.lt(3)).order_by(Post::ID.asc()).all(db).await.unwrap();
    let authors = assert_commands!(test, 1, Post::AUTHOR.view::<Name>().load(db, &posts).await).unwrap();
    assert_eq!(authors.iter().filter_map(|author| author.get()).count(), 3);
    let by_id = Post::COMMENTS.filter(Comment::ID.lt(100)).view::<CommentId>().batch_load(db, &posts).await.unwrap();
    assert_eq!(by_id[&2].iter().map(|comment| comment.id).collect::<Vec<_>>(), [2]);
}

#[derive(Debug, Deserialize, View)]
#[view(of = Comment)]
struct CommentId {
    #[serde(rename = "_id")]
    id: i32,
}
