//! The types of the results, ids, and the number of commands.

use earnorm::prelude::*;
use earnorm::{Includes, Loaded, graph, graphs, relation};
use earnorm_testkit::assert_commands;
use earnorm_tests::{count, database};

use crate::models::{Comment, Post, User, post, profile, tags, user};

/// The same function takes the results of a query.
fn titles<L: Includes<relation!(User, posts), Value = Vec<Post>>>(user: &Loaded<User, L>) -> Vec<&str> {
    user.related(User::POSTS).iter().map(|post| post.title.as_str()).collect()
}

#[tokio::test]
async fn the_result_has_the_type_of_a_query() {
    let test = database().await;
    let inserted = graph(user("Ada")).with(User::POSTS, [post("a"), post("b")]).insert(test.db()).await.unwrap();
    assert_eq!(titles(&inserted), ["a", "b"]);
    let mut found = User::find_all().with(User::POSTS.order_by(Post::TITLE.asc())).one(test.db()).await.unwrap();
    assert_eq!(titles(&found), ["a", "b"]);
    assert_eq!(serde_json::to_value(&found).unwrap(), serde_json::to_value(&inserted).unwrap());
    // one variable can hold both
    assert_eq!(std::mem::replace(&mut found, inserted).name, "Ada");

    let plain: User = assert_commands!(test, 1, graph(user("Grace")).insert(test.db()).await.unwrap());
    assert!(plain.id.is_some());
}

#[tokio::test]
async fn a_graph_takes_one_insert_for_each_model() {
    let test = database().await;
    let comment = |id| Comment { id, subject: None };
    let posts = [
        graph(post("a")).with(Post::TAGS, tags(&["x", "y"])).with(Post::COMMENTS, vec![comment(1), comment(2)]),
        graph(post("b")).with(Post::TAGS, tags(&["z"])).with(Post::COMMENTS, vec![]),
        graph(post("c")).with(Post::TAGS, tags(&[])).with(Post::COMMENTS, vec![comment(3)]),
    ];
    let ada = graph(user("Ada")).with(User::POSTS, posts).with(User::PROFILE, profile());
    // users, tags, posts with the counter of users, comments, the check of the profile, profiles, and the commit
    let inserted = assert_commands!(test, 8, ada.insert(test.db()).await.unwrap());
    let posts = inserted.related(User::POSTS);
    assert!(posts.iter().all(|post| post.author_id == inserted.id));
    assert_eq!(posts.iter().map(|post| post.related(Post::TAGS).len()).collect::<Vec<_>>(), [2, 1, 0]);
    assert_eq!(posts.iter().map(|post| post.related(Post::COMMENTS).len()).collect::<Vec<_>>(), [2, 0, 1]);
    assert_eq!(inserted.related(User::PROFILE).unwrap().user_id, inserted.id);

    let graph = Post::TAGS;
    let found = User::find_all().with(User::POSTS.with(graph).with(Post::COMMENTS)).with(User::PROFILE);
    let found = found.one(test.db()).await.unwrap();
    assert_eq!(*found, *inserted);
    assert_eq!(found.related(User::PROFILE), inserted.related(User::PROFILE));
    for post in found.related(User::POSTS) {
        let same = posts.iter().find(|other| other.id == post.id).unwrap();
        assert_eq!((&**post, post.related(Post::TAGS).len()), (&**same, same.related(Post::TAGS).len()));
        assert_eq!(post.related(Post::COMMENTS), same.related(Post::COMMENTS));
    }
}

#[tokio::test]
async fn several_graphs_take_the_commands_of_one() {
    let test = database().await;
    let users = ["Ada", "Grace", "Alan"].map(|name| {
        let posts: Vec<Post> = (0..name.len() - 3).map(|n| post(&format!("{name} {n}"))).collect();
        graph(user(name)).with(User::POSTS, posts)
    });
    // users, posts, the counters, and the commit
    let inserted = assert_commands!(test, 4, graphs(users).insert(test.db()).await.unwrap());
    assert_eq!(
        inserted.iter().map(|user| (user.name.as_str(), user.post_count)).collect::<Vec<_>>(),
        [("Ada", 0), ("Grace", 2), ("Alan", 1)]
    );
    assert_eq!(inserted[1].related(User::POSTS)[1].title, "Grace 1");
    let plain = assert_commands!(test, 2, graphs([user("B"), user("C")]).insert(test.db()).await.unwrap());
    assert_eq!(plain.iter().map(|user| user.name.as_str()).collect::<Vec<_>>(), ["B", "C"]);
    let none = assert_commands!(test, 0, graphs(Vec::<User>::new()).insert(test.db()).await.unwrap());
    assert!(none.is_empty());
}

#[tokio::test]
async fn ids_that_are_set_are_kept() {
    let test = database().await;
    let (id, first) = (ObjectId::new(), post("a"));
    let post_id = first.id;
    let ada = User { id: Some(id), ..user("Ada") };
    let inserted = graph(ada).with(User::POSTS, [first]).insert(test.db()).await.unwrap();
    assert_eq!((inserted.id, inserted.related(User::POSTS)[0].id), (Some(id), post_id));
}

#[tokio::test]
async fn a_graph_is_a_part_of_a_transaction() {
    let test = database().await;
    let outcome: earnorm::Result<()> = earnorm::transaction(test.db(), async |tx| {
        let inserted = graph(user("Ada")).with(User::POSTS, [post("a")]).insert(tx).await?;
        assert_eq!(inserted.posts().count(tx).await?, 1);
        Err(earnorm::Error::other("roll back"))
    })
    .await;
    assert!(outcome.is_err());
    assert_eq!((count::<User>(test.db()).await, count::<Post>(test.db()).await), (0, 0));
}
