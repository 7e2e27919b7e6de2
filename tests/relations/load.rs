use earnorm::prelude::*;
use earnorm_testkit::{TestDb, assert_commands};
use earnorm_tests::blog::{Comment, Post, Profile, User};
use earnorm_tests::database;

/// Ada has 4 posts (likes 0, 10, 20, 30) with 2 comments each, Grace has one post, Alan has none.
async fn blog(test: &TestDb) -> Vec<User> {
    let db = test.db();
    let users = vec![User::new("Ada", 36), User::new("Grace", None), User::new("Alan", 41)];
    User::insert_many(db, &users).await.unwrap();
    let mut posts: Vec<Post> = (0..4).map(|n| users[0].post(&format!("a{n}"), n * 10)).collect();
    posts.push(users[1].post("g0", 5));
    Post::insert_many(db, &posts).await.unwrap();
    let comments: Vec<Comment> = posts
        .iter()
        .flat_map(|post| {
            (0..2).map(|n| Comment {
                id: ObjectId::new(),
                text: format!("{}-{n}", post.title),
                status: if n == 0 { "active" } else { "hidden" }.into(),
                likes: n,
                created_at: n,
                post_id: post.id,
            })
        })
        .collect();
    Comment::insert_many(db, &comments).await.unwrap();
    let profile = Profile { id: ObjectId::new(), bio: "first".into(), user_id: users[0].id };
    profile.insert(db).await.unwrap();
    users
}

#[tokio::test]
async fn a_graph_sends_one_command_per_relation() {
    let test = database().await;
    let db = test.db();
    blog(&test).await;
    let users = assert_commands!(test, 4, {
        User::find_all()
            .with(User::POSTS.with(Post::COMMENTS).order_by(Post::LIKES.desc()).limit(3))
            .with(User::PROFILE)
            .order_by(User::NAME.asc())
            .all(db)
            .await
            .unwrap()
    });
    let names: Vec<&str> = users.iter().map(|user| user.name.as_str()).collect();
    assert_eq!(names, ["Ada", "Alan", "Grace"]);
    let posts = users[0].related(User::POSTS);
    assert_eq!(posts.iter().map(|post| post.likes).collect::<Vec<_>>(), [30, 20, 10]);
    for post in posts {
        let comments: &[Comment] = post.related(Post::COMMENTS);
        assert_eq!(comments.len(), 2);
        assert!(comments.iter().all(|comment| comment.post_id == post.id));
    }
    let profile: Option<&Profile> = users[0].related(User::PROFILE);
    assert_eq!(profile.unwrap().bio, "first");
    assert!(users[1].related(User::POSTS).is_empty());
    assert!(users[1].related(User::PROFILE).is_none());
    assert_eq!(users[2].related(User::POSTS).len(), 1);
}

#[tokio::test]
async fn counts_next_to_loaded_documents() {
    let test = database().await;
    let db = test.db();
    let users = blog(&test).await;
    let loaded = assert_commands!(test, 3, {
        User::find_all()
            .with(User::POSTS.limit(1))
            .with(User::POSTS.count())
            .order_by(User::NAME.asc())
            .all(db)
            .await
            .unwrap()
    });
    let counts: Vec<(usize, u64)> =
        loaded.iter().map(|u| (u.related(User::POSTS).len(), u.count(User::POSTS))).collect();
    assert_eq!(counts, [(1, 4), (0, 0), (1, 1)]);
    let by = assert_commands!(test, 1, { User::POSTS.count_by(db, &users).await.unwrap() });
    assert_eq!((by[&users[0].id], by[&users[1].id], by[&users[2].id]), (4, 1, 0));
    let posts = assert_commands!(test, 1, { User::POSTS.load(db, &users).await.unwrap() });
    assert_eq!(posts.iter().map(Vec::len).collect::<Vec<_>>(), [4, 1, 0]);
    let map = User::POSTS.batch_load(db, &users).await.unwrap();
    assert_eq!(map[&users[0].id].len(), 4);
}

#[tokio::test]
async fn to_one_includes_are_shared_and_nested() {
    let test = database().await;
    let db = test.db();
    blog(&test).await;
    let posts = assert_commands!(test, 3, {
        Post::find_all().with(Post::AUTHOR.with(User::POSTS)).order_by(Post::TITLE.asc()).all(db).await.unwrap()
    });
    let author = posts[0].related(Post::AUTHOR).unwrap();
    assert_eq!(author.name, "Ada");
    assert_eq!(author.related(User::POSTS).len(), 4);
    let flag = false;
    let posts =
        assert_commands!(test, 1, { Post::find_all().with(flag.then_some(Post::AUTHOR)).all(db).await.unwrap() });
    assert!(posts[0].related(Post::AUTHOR).is_none());
    let json = serde_json::to_value(&posts[0]).unwrap();
    assert!(json.get("author").is_none());
}

fn is_active<L>(user: &Loaded<User, L>) -> bool
where
    L: earnorm::Includes<earnorm::relation!(User, posts), Value = Vec<Post>>,
{
    user.related(User::POSTS).len() > 3
}

/// The number of users, whatever is loaded with them.
async fn users_with(db: &earnorm::mongodb::Database, step: impl earnorm::bounds::Step<User>) -> usize {
    User::find_all().with(step).all(db).await.unwrap().len()
}

#[tokio::test]
async fn a_function_is_generic_over_an_include() {
    let test = database().await;
    blog(&test).await;
    let users = User::find_all().count(test.db()).await.unwrap();
    for n in [
        users_with(test.db(), User::POSTS).await,
        users_with(test.db(), User::POSTS.limit(1)).await,
        users_with(test.db(), User::POSTS.count()).await,
        users_with(test.db(), Some(User::PROFILE)).await,
    ] {
        assert_eq!(n as u64, users);
    }
}

#[tokio::test]
async fn a_function_takes_loaded_documents_and_they_serialize() {
    let test = database().await;
    let db = test.db();
    blog(&test).await;
    let users =
        User::find_all().with(User::POSTS).with(User::PROFILE).order_by(User::NAME.asc()).all(db).await.unwrap();
    assert!(is_active(&users[0]) && !is_active(&users[1]));
    let json = serde_json::to_value(&users[1]).unwrap();
    assert_eq!(json["posts"], serde_json::json!([]));
    assert_eq!(json["profile"], serde_json::Value::Null);
    assert_eq!(json["name"], "Alan");
}

#[tokio::test]
async fn a_stream_loads_includes_for_each_batch() {
    let test = database().await;
    let db = test.db();
    let users: Vec<User> = (0..2_500).map(|n| User::new(&format!("u{n}"), None)).collect();
    User::insert_many(db, &users).await.unwrap();
    let posts: Vec<Post> = users.iter().map(|user| user.post("x", 1)).collect();
    Post::insert_many(db, &posts).await.unwrap();
    let seen = assert_commands!(test, 6, {
        let mut rows = User::find_all().with(User::POSTS).stream(db);
        let mut seen = 0;
        while let Some(user) = rows.next().await {
            seen += user.unwrap().related(User::POSTS).len();
        }
        seen
    });
    assert_eq!(seen, 2_500);
}

/// The results of a handle can be loaded with includes, like those of a query.
#[tokio::test]
async fn the_results_of_a_handle_are_loaded_with_includes() {
    let test = database().await;
    let db = test.db();
    let users = blog(&test).await;
    let ada = &users[0];
    let posts = ada.posts().order_by(Post::LIKES.desc()).limit(2).with(Post::AUTHOR).with(Post::COMMENTS.count());
    let posts = assert_commands!(test, 3, { posts.all(db).await.unwrap() });
    assert_eq!(posts.iter().map(|post| post.title.as_str()).collect::<Vec<_>>(), ["a3", "a2"]);
    assert!(posts.iter().all(|post| post.related(Post::AUTHOR).is_some_and(|author| author.id == ada.id)));
    assert!(posts.iter().all(|post| post.count(Post::COMMENTS) == 2));

    let plan = ada.posts().plan_delete(db).await.unwrap();
    assert_eq!((plan.deleted_of::<Post>(), plan.deleted_of::<Comment>()), (4, 8));
    assert_eq!(ada.posts().count(db).await.unwrap(), 4);
}

/// With a join model, the links are read first.
#[tokio::test]
async fn the_results_of_a_many_to_many_handle_are_loaded_with_includes() {
    #[derive(Serialize, Deserialize, Model)]
    #[relation(many_to_many, target = Band, through = Fandom, back_populates = "fans")]
    struct Fan {
        #[serde(rename = "_id")]
        id: i32,
    }
    #[derive(Serialize, Deserialize, Model)]
    #[relation(many_to_many, target = Fan, through = Fandom, back_populates = "bands")]
    struct Band {
        #[serde(rename = "_id")]
        id: i32,
    }
    #[derive(Default, Serialize, Deserialize, Model)]
    struct Fandom {
        #[serde(rename = "_id")]
        id: Option<ObjectId>,
        fan_id: i32,
        band_id: i32,
    }
    let test = database().await;
    let db = test.db();
    let fan = Fan { id: 1 }.insert(db).await.unwrap();
    let band = Band { id: 1 }.insert(db).await.unwrap();
    band.fans().add_many(db, &[fan, Fan { id: 2 }.insert(db).await.unwrap()]).await.unwrap();
    let bands = Fan { id: 1 }.bands().with(Band::FANS.order_by(Fan::ID.desc()));
    let bands = assert_commands!(test, 4, { bands.all(db).await.unwrap() });
    assert_eq!(bands.len(), 1);
    assert_eq!(bands[0].related(Band::FANS).iter().map(|fan| fan.id).collect::<Vec<_>>(), [2, 1]);
}
