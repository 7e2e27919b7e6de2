use earnorm::Erased;
use earnorm::prelude::*;
use earnorm_testkit::{TestDb, assert_commands};
use earnorm_tests::blog::{Comment, Group, Post, Profile, User, UserGroup};
use earnorm_tests::database;

/// Ada has three posts, a profile and a group; Grace has none of these.
async fn blog(test: &TestDb) {
    let db = test.db();
    let users = [User::new("Ada", 36), User::new("Grace", None)];
    User::insert_many(db, &users).await.unwrap();
    let posts: Vec<Post> = (0..3).map(|n| users[0].post(&format!("a{n}"), n)).collect();
    Post::insert_many(db, &posts).await.unwrap();
    let empty = String::new;
    let comment =
        Comment { id: ObjectId::new(), text: empty(), status: empty(), likes: 0, created_at: 0, post_id: posts[0].id };
    comment.insert(db).await.unwrap();
    Profile { id: ObjectId::new(), bio: "first".into(), user_id: users[0].id }.insert(db).await.unwrap();
    let group = Group { id: ObjectId::new(), name: "poets".into() }.insert(db).await.unwrap();
    UserGroup { id: ObjectId::new(), user_id: users[0].id, group_id: group.id }.insert(db).await.unwrap();
}

/// What was loaded with a user.
fn summary(user: &Erased<User>) -> String {
    let posts = user.related(User::POSTS).map(|posts| {
        let comments = posts.iter().map(|post| post.related(Post::COMMENTS).map(<[_]>::len));
        comments.collect::<Vec<_>>()
    });
    let profile = user.related(User::PROFILE).map(|profile| profile.map(|profile| profile.bio.clone()));
    let groups = user.related(User::GROUPS).map(<[_]>::len);
    let links = user.links(User::GROUPS).map(|links| links.iter().all(|link| link.user_id == user.id));
    format!("{} {posts:?} {profile:?} {groups:?} {links:?} {:?}", user.name, user.count(User::POSTS))
}

#[tokio::test]
async fn erase_returns_one_type_for_every_query() {
    let test = database().await;
    let db = test.db();
    blog(&test).await;
    let by_name = || User::find_all().order_by(User::NAME.asc());
    let mut users: Vec<Erased<User>> = by_name().all(db).await.unwrap().erase();
    users.extend(by_name().with(User::POSTS.count()).with(User::PROFILE).all(db).await.unwrap().erase());
    users.extend(
        by_name().with(User::POSTS.with(Post::COMMENTS)).with(User::GROUPS.links()).all(db).await.unwrap().erase(),
    );
    users.extend(
        by_name().with(Some(User::POSTS)).with(false.then_some(User::PROFILE)).first(db).await.unwrap().erase(),
    );
    users.push(by_name().with(User::GROUPS).first(db).await.unwrap().unwrap().erase());
    let summaries: Vec<String> = users.iter().map(summary).collect();
    assert_eq!(
        summaries,
        [
            "Ada None None None None None",
            "Grace None None None None None",
            r#"Ada None Some(Some("first")) None None Some(3)"#,
            "Grace None Some(None) None None Some(0)",
            "Ada Some([Some(1), Some(0), Some(0)]) None Some(1) Some(true) None",
            "Grace Some([]) None Some(0) Some(true) None",
            "Ada Some([None, None, None]) None None None None",
            "Ada None None Some(1) None None",
        ]
    );
}

#[tokio::test]
async fn an_erased_document_serializes_like_a_typed_one() {
    let test = database().await;
    let db = test.db();
    blog(&test).await;
    let rows = User::find_all()
        .with(User::POSTS.with(Post::AUTHOR).with(Post::COMMENTS.count()))
        .with(User::PROFILE)
        .with(User::GROUPS.links())
        .with(User::POSTS.count())
        .order_by(User::NAME.asc())
        .all(db)
        .await
        .unwrap();
    let typed = serde_json::to_value(&rows).unwrap();
    let erased = rows.erase();
    assert_eq!(serde_json::to_value(&erased).unwrap(), typed);
    let shown = format!("{:?}", erased[1]);
    assert!(shown.starts_with("User {") && shown.contains(r#""posts_count": 0"#), "{shown}");
    assert_eq!(erased.into_iter().next().unwrap().into_inner().name, "Ada");
}

#[tokio::test]
async fn a_shared_document_stays_shared() {
    let test = database().await;
    let db = test.db();
    blog(&test).await;
    let rows =
        assert_commands!(test, 3, { Post::find_all().with(Post::AUTHOR.with(User::PROFILE)).all(db).await.unwrap() });
    let copy = rows.clone();
    for rows in [rows.erase(), copy.erase()] {
        let authors: Vec<&Erased<User>> =
            rows.iter().map(|post| post.related(Post::AUTHOR).unwrap().unwrap()).collect();
        assert!(authors.iter().all(|author| std::ptr::eq(*author, authors[0])));
        assert_eq!(authors[0].related(User::PROFILE).unwrap().unwrap().bio, "first");
    }
}
