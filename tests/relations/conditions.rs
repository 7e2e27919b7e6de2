//! Conditions on related documents, on the blog models: what they match and how many commands they send.

use std::slice;

use earnorm::mongodb::bson::Document;
use earnorm::prelude::*;
use earnorm::{Error, Filter};
use earnorm_testkit::{TestDb, assert_commands};
use earnorm_tests::blog::{Comment, Group, Post, Profile, User};
use earnorm_tests::database;
use futures_util::TryStreamExt;

/// Ada has a liked post with spam on it and a post without likes, Grace has a liked post, Linus has none.
async fn blog(test: &TestDb) -> [User; 3] {
    let db = test.db();
    let users = [User::new("Ada", 36), User::new("Grace", 45), User::new("Linus", None)];
    User::insert_many(db, &users).await.unwrap();
    let posts = [users[0].post("Notes", 200), users[0].post("Drafts", 0), users[1].post("Compilers", 150)];
    Post::insert_many(db, &posts).await.unwrap();
    let comment = |post: &Post, status: &str, likes| Comment {
        id: ObjectId::new(),
        text: String::new(),
        status: status.into(),
        likes,
        created_at: 0,
        post_id: post.id,
    };
    let comments = [comment(&posts[0], "spam", 0), comment(&posts[0], "active", 3), comment(&posts[2], "active", 7)];
    Comment::insert_many(db, &comments).await.unwrap();
    Profile { id: ObjectId::new(), bio: "Analyst".into(), user_id: users[0].id }.insert(db).await.unwrap();
    let admins = Group { id: ObjectId::new(), name: "Admins".into() }.insert(db).await.unwrap();
    users[1].groups().add(db, &admins).await.unwrap();
    users
}

/// The names of the users that match a condition, read with one command.
async fn names(test: &TestDb, condition: impl Into<Filter<User>>) -> String {
    let query = User::find(condition.into()).order_by(User::NAME.asc());
    let users = assert_commands!(test, 1, { query.all(test.db()).await.unwrap() });
    users.into_iter().map(|user| user.name).collect::<Vec<_>>().join(" ")
}

fn liked() -> Filter<Post> {
    Post::LIKES.gt(100)
}

#[tokio::test]
async fn any_none_and_every() {
    let test = database().await;
    assert_eq!(names(&test, User::POSTS.any()).await, "", "the collections don't exist yet");
    assert_eq!(names(&test, User::POSTS.none() | User::POSTS.any()).await, "");
    blog(&test).await;
    assert_eq!(names(&test, User::POSTS.any()).await, "Ada Grace");
    assert_eq!(names(&test, User::POSTS.none()).await, "Linus");
    assert_eq!(names(&test, User::POSTS.filter(liked()).any()).await, "Ada Grace");
    assert_eq!(names(&test, User::POSTS.filter(Post::LIKES.lt(100)).none()).await, "Grace Linus");
    assert_eq!(names(&test, User::POSTS.every(liked())).await, "Grace Linus");
    assert_eq!(names(&test, User::POSTS.filter(Post::TITLE.ne("Drafts")).every(liked())).await, "Ada Grace Linus");
    assert_eq!(names(&test, User::PROFILE.any()).await, "Ada");
    assert_eq!(names(&test, User::PROFILE.filter(doc! { "bio": "Poet" }).none()).await, "Ada Grace Linus");
    assert_eq!(names(&test, User::GROUPS.filter(Group::NAME.eq("Admins")).any()).await, "Grace");
    assert_eq!(names(&test, User::GROUPS.every(Group::NAME.eq("Others"))).await, "Ada Linus");
}

#[tokio::test]
async fn conditions_combine_with_conditions_and_filters() {
    let test = database().await;
    blog(&test).await;
    let ada = || User::NAME.eq("Ada");
    assert_eq!(names(&test, User::POSTS.any() & ada()).await, "Ada");
    assert_eq!(names(&test, ada() & User::POSTS.any()).await, "Ada");
    assert_eq!(names(&test, User::POSTS.none() | ada()).await, "Ada Linus");
    assert_eq!(names(&test, ada() | User::POSTS.none()).await, "Ada Linus");
    assert_eq!(names(&test, !(ada() | User::POSTS.none())).await, "Grace");
    assert_eq!(names(&test, !!User::POSTS.any() & doc! { "name": { "$ne": "Ada" } }).await, "Grace");
    assert_eq!(names(&test, (User::PROFILE.any() | User::GROUPS.any()) & !User::PROFILE.any()).await, "Grace");
    assert_eq!(names(&test, ada()).await, "Ada", "a filter alone");
    let twice = User::find(User::POSTS.any()).filter(User::AGE.gt(40)).filter(User::GROUPS.any());
    assert_eq!(twice.one(test.db()).await.unwrap().name, "Grace");
}

#[tokio::test]
async fn conditions_can_be_nested() {
    let test = database().await;
    let [ada, grace, _] = blog(&test).await;
    let spam = || Comment::STATUS.eq("spam");
    assert_eq!(names(&test, User::POSTS.filter(Post::COMMENTS.any()).any()).await, "Ada Grace");
    assert_eq!(names(&test, User::POSTS.filter(Post::COMMENTS.filter(spam()).any()).any()).await, "Ada");
    assert_eq!(names(&test, User::POSTS.every(Post::COMMENTS.any())).await, "Grace Linus");
    assert_eq!(names(&test, User::POSTS.every(Post::COMMENTS.none() | Post::LIKES.gt(150))).await, "Ada Linus");
    let uncommented = User::POSTS.filter(liked()).filter(Post::COMMENTS.filter(spam()).none()).any();
    assert_eq!(names(&test, uncommented).await, "Grace");
    // users with a post whose author has groups
    let back = User::POSTS.filter(Post::AUTHOR.filter(User::GROUPS.any()).any()).any();
    assert_eq!(names(&test, back).await, "Grace");

    let db = test.db();
    let by_grace = Comment::find(Comment::POST.filter(Post::AUTHOR.filter(User::ID.eq(grace.id)).any()).any());
    assert_eq!(by_grace.count(db).await.unwrap(), 1);
    let with_spam = ada.posts().filter(Post::COMMENTS.filter(spam()).any());
    assert_eq!(assert_commands!(test, 1, { with_spam.one(db).await.unwrap() }).title, "Notes", "on a handle");
}

#[tokio::test]
async fn conditions_use_the_filter_of_the_relation() {
    let test = database().await;
    let db = test.db();
    blog(&test).await;
    let of = async |condition: Filter<Post>| -> Vec<String> {
        let query = Post::find(condition).order_by(Post::TITLE.asc());
        query.all(db).await.unwrap().into_iter().map(|post| post.title).collect()
    };
    assert_eq!(of(Post::ACTIVE_COMMENTS.filter(Comment::LIKES.eq(0)).any()).await, Vec::<String>::new());
    assert_eq!(of(Post::ACTIVE_COMMENTS.every(Comment::LIKES.gt(0))).await, ["Compilers", "Drafts", "Notes"]);
    // any() and every() ignore the order; any() on a limited relation tests all documents
    assert_eq!(of(Post::TOP_COMMENTS.filter(Comment::STATUS.eq("spam")).any()).await, ["Notes"]);
    assert_eq!(of(Post::RECENT_COMMENTS.every(Comment::STATUS.eq("active"))).await, ["Compilers", "Drafts"]);
    assert_eq!(of(Post::COMMENTS.limit(0).any()).await, Vec::<String>::new());
    assert_eq!(
        of(Post::COMMENTS.limit(0).none() & Post::COMMENTS.limit(0).every(doc! { "no": "such" })).await.len(),
        3
    );

    let message = async |condition: Filter<Post>| Post::find(condition).all(db).await.unwrap_err().to_string();
    assert_eq!(
        assert_commands!(test, 0, { message(Post::TOP_COMMENTS.every(doc! {})).await }),
        "`Post`: a condition tests all documents of `top_comments`, but this one has a `limit` or a `skip`; remove it, or \
         use a relation without one"
    );
    assert_eq!(
        message(!Post::COMMENTS.skip(1).any() | Post::LIKES.eq(1)).await,
        "`Post`: a condition tests all documents of `comments`, but this one has a `skip`; remove it"
    );
}

#[tokio::test]
async fn every_query_method_accepts_conditions() {
    let test = database().await;
    let db = test.db();
    let [ada, grace, linus] = blog(&test).await;
    let writers = || User::find(User::POSTS.any()).order_by(User::NAME.desc());
    assert_eq!(assert_commands!(test, 1, { writers().count(db).await.unwrap() }), 2);
    assert_eq!(assert_commands!(test, 1, { writers().skip(1).limit(7).count(db).await.unwrap() }), 1);
    assert!(assert_commands!(test, 1, { writers().exists(db).await.unwrap() }));
    assert!(!writers().filter(User::NAME.eq("Linus")).exists(db).await.unwrap());
    assert_eq!(assert_commands!(test, 1, { writers().first(db).await.unwrap() }), Some(grace.clone()));
    assert_eq!(assert_commands!(test, 1, { writers().filter(User::AGE.lt(40)).one(db).await.unwrap() }), ada);
    assert!(matches!(writers().one(db).await, Err(Error::NotUnique { .. })));
    assert_eq!(writers().skip(1).limit(1).all(db).await.unwrap(), slice::from_ref(&ada));
    assert_eq!(assert_commands!(test, 1, { writers().after(&grace).all(db).await.unwrap() }), slice::from_ref(&ada));
    let page = assert_commands!(test, 2, { writers().page(db, 2, 1).await.unwrap() });
    assert_eq!((page.items, page.total), (vec![ada.clone()], 2));
    let streamed: Vec<User> = assert_commands!(test, 1, { writers().stream(db).try_collect().await.unwrap() });
    assert_eq!(streamed, [grace.clone(), ada.clone()]);
    let options = writers().comment("writers").hint(earnorm::mongodb::options::Hint::Keys(doc! { "_id": 1 }));
    let options = options.max_time(std::time::Duration::from_secs(5));
    assert_eq!(options.count(db).await.unwrap(), 2);
    let sent: Vec<Document> = test.log().commands().iter().map(|sent| sent.body.clone()).collect();
    let last = sent.last().unwrap();
    assert_eq!((last.get_str("comment").unwrap(), last.get_document("hint").unwrap()), ("writers", &doc! { "_id": 1 }));
    assert_eq!(
        last.get_i32("maxTimeMS").or_else(|_| last.get_i64("maxTimeMS").map(|n| i32::try_from(n).unwrap())),
        Ok(5_000)
    );

    // conditions in includes
    let spammed = Post::COMMENTS.filter(Comment::STATUS.eq("spam")).any();
    let users = writers().with(User::POSTS.filter(spammed.clone())).with(User::POSTS.filter(spammed.clone()).count());
    let users = assert_commands!(test, 3, { users.all(db).await.unwrap() });
    assert_eq!(users.iter().map(|user| user.related(User::POSTS).len()).collect::<Vec<_>>(), [0, 1]);
    assert_eq!(users.iter().map(|user| user.count(User::POSTS)).collect::<Vec<_>>(), [0, 1]);
    let one_each = User::POSTS.filter(Post::COMMENTS.any() | Post::LIKES.eq(0)).order_by(Post::LIKES.asc()).limit(1);
    let titles: Vec<String> = one_each
        .load(db, &[ada.clone(), grace.clone(), linus.clone()])
        .await
        .unwrap()
        .into_iter()
        .flatten()
        .map(|post| post.title)
        .collect();
    assert_eq!(titles, ["Drafts", "Compilers"]);
}

#[tokio::test]
async fn updates_and_deletes_with_conditions_read_the_ids_first() {
    let test = database().await;
    let db = test.db();
    blog(&test).await;
    let spammed = || Post::find(Post::COMMENTS.filter(Comment::STATUS.eq("spam")).any());
    assert_eq!(assert_commands!(test, 2, { spammed().update(db, Post::LIKES.set(-1)).await.unwrap() }), 1);
    assert_eq!(Post::find(Post::LIKES.eq(-1)).one(db).await.unwrap().title, "Notes");
    let nothing = User::find(User::POSTS.limit(0).any());
    assert_eq!(assert_commands!(test, 1, { nothing.update(db, User::AGE.set(1_u32)).await.unwrap() }), 0);

    let of_spammed = Comment::find(Comment::POST.filter(Post::LIKES.eq(-1)).any());
    assert_eq!(assert_commands!(test, 2, { of_spammed.delete(db).await.unwrap() }).deleted(), 2);
    assert_eq!(Comment::find_all().count(db).await.unwrap(), 1);
    // with delete rules: the comment is deleted with its post
    let commented = Post::find(Post::COMMENTS.any());
    commented.delete(db).await.unwrap();
    assert_eq!((Post::find_all().count(db).await.unwrap(), Comment::find_all().count(db).await.unwrap()), (2, 0));
}

#[tokio::test]
async fn conditions_in_a_transaction_see_its_writes() {
    let test = database().await;
    let db = test.db();
    let [_, _, linus] = blog(&test).await;
    let outcome = earnorm::transaction(db, async |tx| {
        linus.posts().create(tx, linus.post("Kernels", 1)).await?;
        let writers = || User::find(User::POSTS.any());
        assert_eq!(writers().count(tx).await?, 3);
        assert_eq!(writers().count(db).await?, 2);
        assert_eq!(writers().update(tx, User::AGE.set(1_u32)).await?, 3);
        writers().filter(User::AGE.eq(1_u32)).all(tx).await
    });
    assert_eq!(outcome.await.unwrap().len(), 3);
}

#[test]
fn to_query_shows_the_joins_of_conditions() {
    let liked = User::POSTS.filter(Post::LIKES.gt(100)).any();
    let query = User::find(User::AGE.gte(18)).filter(liked & User::NAME.ne("root")).order_by(User::NAME.asc());
    assert_eq!(
        query.to_query().unwrap().to_string(),
        "users.aggregate([\
         { \"$match\": { \"age\": { \"$gte\": 18 }, \"name\": { \"$ne\": \"root\" } } }, \
         { \"$lookup\": { \"from\": \"posts\", \"localField\": \"_id\", \"foreignField\": \"author_id\", \"pipeline\": [\
         { \"$match\": { \"author_id\": { \"$ne\": null }, \"likes\": { \"$gt\": 100 } } }, \
         { \"$limit\": 1 }, { \"$project\": { \"_id\": 1 } }], \"as\": \"__earnorm_0\" } }, \
         { \"$match\": { \"__earnorm_0\": { \"$ne\": [] } } }, { \"$unset\": [\"__earnorm_0\"] }, \
         { \"$sort\": { \"name\": 1, \"_id\": 1 } }])"
    );
    // a filter is displayed in the same way; without a condition on related documents, it is displayed as a document
    let filter = User::AGE.gte(18) & User::POSTS.any();
    let shown = filter.to_string();
    assert!(shown.starts_with("[{ \"$match\": { \"age\": { \"$gte\": 18 } } }, { \"$lookup\": "), "{shown}");
    assert_eq!((User::AGE.gte(18) & None::<Filter<User>>).to_string(), "{ \"age\": { \"$gte\": 18 } }");
    assert_eq!((Filter::<User>::default() & User::POSTS.any()).to_string(), User::POSTS.any().to_string());

    let stages =
        |find: earnorm::Find| find.joins.iter().map(|stage| stage.keys().next().unwrap().clone()).collect::<Vec<_>>();
    // each join runs on what the one before has left; in an `or`, all joins run first
    let both = User::find(User::POSTS.any() & User::GROUPS.any()).to_query().unwrap();
    assert_eq!(stages(both), ["$lookup", "$match", "$lookup", "$match", "$unset"]);
    let either = User::find(User::NAME.eq("Ada") | User::POSTS.any()).to_query().unwrap();
    assert!(either.filter.is_empty());
    assert_eq!(stages(either), ["$lookup", "$match", "$unset"]);
    // a limit ends the joins early, so the order comes first
    let first = User::find(User::POSTS.any()).order_by(User::NAME.asc()).limit(1).to_query().unwrap();
    let text = first.to_string();
    assert!(
        text.find("$sort") < text.find("$lookup") && text.find("$unset") < text.find("{ \"$limit\": 1 }])"),
        "{text}"
    );
}
