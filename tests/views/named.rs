//! `loaded!`: the type of what a query returns.

use earnorm::prelude::*;
use earnorm::{Linked, Shared, loaded};
use earnorm_tests::database;

use crate::models::{Card, Comment, Group, Member, Post, Profile, Title, User, blog};

type UserPage =
    loaded!(User, posts: Vec<loaded!(Post, comments: Vec<Comment>)>, profile: Option<Profile>, count(posts));

#[derive(Debug, Serialize)]
struct Answer {
    users: Vec<UserPage>,
    first: Option<loaded!(Card as User, posts: Option<Title>)>,
}

async fn users(db: &earnorm::mongodb::Database) -> earnorm::Result<Vec<UserPage>> {
    let posts = User::POSTS.with(Post::COMMENTS);
    User::find_all().with(posts).with(User::PROFILE).with(User::POSTS.count()).order_by(User::ID.asc()).all(db).await
}

fn author(post: &loaded!(Post, author: Shared<User>)) -> Option<&str> {
    post.related(Post::AUTHOR).map(|author| author.full_name.as_str())
}

fn groups(user: &loaded!(User, groups: Vec<Linked<Group, Member>>,)) -> Vec<String> {
    user.related(User::GROUPS).iter().map(|group| format!("{} {}", group.name, group.link.role)).collect()
}

#[tokio::test]
async fn results_have_the_named_types() {
    let test = database().await;
    let db = test.db();
    blog(db).await;
    let first = User::find_all().order_by(User::ID.asc()).view::<Card>();
    let first = first.with(User::POSTS.order_by(Post::ID.asc()).view::<Title>().first()).first(db).await.unwrap();
    let answer = Answer { users: users(db).await.unwrap(), first };
    assert_eq!(answer.users[0].count(User::POSTS), 5);
    assert_eq!(answer.users[0].related(User::POSTS)[0].related(Post::COMMENTS).len(), 2);
    let json = serde_json::to_value(&answer).unwrap();
    assert_eq!(json["first"]["posts"]["title"], "post 0");
    let post = Post::find(Post::ID.eq(21)).with(Post::AUTHOR).one(db).await.unwrap();
    assert_eq!(author(&post), Some("user 1"));
    let user = User::find(User::ID.eq(4)).with(User::GROUPS.links()).one(db).await.unwrap();
    assert_eq!(groups(&user), ["group 1 role 4"]);
}
