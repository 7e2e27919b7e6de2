use earnorm::Error;
use earnorm::prelude::*;
use earnorm_testkit::{TestDb, assert_commands};
use earnorm_tests::blog::{Post, User};
use earnorm_tests::database;

/// A user with posts of 0, 10, 20, .. likes, and another user with posts of the same titles.
async fn author(test: &TestDb, posts: i64) -> User {
    let (ada, grace) = (User::new("Ada", 36), User::new("Grace", None));
    User::insert_many(test.db(), &[ada.clone(), grace.clone()]).await.unwrap();
    for user in [&ada, &grace] {
        let posts: Vec<Post> = (0..posts).map(|n| user.post(&format!("post {n}"), n * 10)).collect();
        Post::insert_many(test.db(), &posts).await.unwrap();
    }
    ada
}

fn likes(posts: &[Post]) -> Vec<i64> {
    posts.iter().map(|post| post.likes).collect()
}

#[tokio::test]
async fn every_read_is_one_command_and_returns_only_related_documents() {
    let test = database().await;
    let (ada, db) = (author(&test, 5).await, test.db());
    let all = assert_commands!(test, 1, { ada.posts().all(db).await.unwrap() });
    assert_eq!(all.len(), 5);
    assert!(all.iter().all(|post| post.author_id == ada.id));
    assert_eq!(assert_commands!(test, 1, { ada.posts().count(db).await.unwrap() }), 5);
    assert!(assert_commands!(test, 1, { ada.posts().exists(db).await.unwrap() }));
    let first = assert_commands!(test, 1, { ada.posts().first(db).await.unwrap() });
    assert_eq!(first.unwrap().id, all.iter().map(|post| post.id).min().unwrap());
    let ten = ada.posts().filter(Post::LIKES.eq(10));
    assert_eq!(assert_commands!(test, 1, { ten.one(db).await.unwrap() }).likes, 10);
}

#[tokio::test]
async fn count_and_exists_read_no_documents() {
    let test = database().await;
    let (ada, db) = (author(&test, 30).await, test.db());
    let (_, sent) = test.log().record(async { ada.posts().count(db).await.unwrap() }).await;
    assert!(sent.reply_bytes() < 500, "{sent}");
    let (_, sent) = test.log().record(async { ada.posts().exists(db).await.unwrap() }).await;
    assert!(sent.reply_bytes() < 500, "{sent}");
}

#[tokio::test]
async fn filter_order_skip_and_limit_apply_within_the_relation() {
    let test = database().await;
    let (ada, db) = (author(&test, 6).await, test.db());
    let best = assert_commands!(test, 1, {
        let posts = ada.posts().filter(Post::LIKES.gt(10)).order_by(Post::LIKES.desc());
        posts.skip(1).limit(2).all(db).await.unwrap()
    });
    assert_eq!(likes(&best), [40, 30]);
    let none = assert_commands!(test, 0, { ada.posts().limit(0).all(db).await.unwrap() });
    assert!(none.is_empty());
    assert_eq!(assert_commands!(test, 0, { ada.posts().limit(0).count(db).await.unwrap() }), 0);
    assert_eq!(ada.posts().skip(4).count(db).await.unwrap(), 2);
}

#[tokio::test]
async fn a_filter_cannot_replace_the_condition_of_the_relation() {
    let test = database().await;
    let (ada, db) = (author(&test, 2).await, test.db());
    let everybody = ada.posts().filter(doc! { "author_id": { "$exists": true } });
    assert_eq!(everybody.count(db).await.unwrap(), 2);
    let somebody_else = ada.posts().filter(Post::AUTHOR_ID.ne(ada.id));
    assert_eq!(somebody_else.count(db).await.unwrap(), 0);
    let grace = User::find(User::NAME.eq("Grace")).one(db).await.unwrap();
    assert_eq!(ada.posts().filter(doc! { "author_id": grace.id }).count(db).await.unwrap(), 0);
    let either = ada.posts().filter(doc! { "$or": [{ "author_id": grace.id }, { "likes": 0 }] });
    assert_eq!(either.count(db).await.unwrap(), 1);
}

#[tokio::test]
async fn pages_and_streams_of_a_handle() {
    let test = database().await;
    let (ada, db) = (author(&test, 7).await, test.db());
    let posts = || ada.posts().order_by(Post::LIKES.asc());
    let page = assert_commands!(test, 2, { posts().page(db, 2, 3).await.unwrap() });
    assert_eq!((likes(&page.items), page.total, page.pages()), (vec![30, 40, 50], 7, 3));
    let next = posts().after(&page.items[2]).limit(3).all(db).await.unwrap();
    assert_eq!(likes(&next), [60]);
    let mut stream = posts().stream(db);
    let mut streamed = Vec::new();
    while let Some(post) = stream.next().await {
        streamed.push(post.unwrap().likes);
    }
    assert_eq!(streamed, [0, 10, 20, 30, 40, 50, 60]);
}

#[tokio::test]
async fn create_sets_the_key_and_add_moves_an_existing_document() {
    let test = database().await;
    let (ada, db) = (author(&test, 0).await, test.db());
    let grace = User::find(User::NAME.eq("Grace")).one(db).await.unwrap();
    let post = assert_commands!(test, 1, { ada.posts().create(db, grace.post("moved", 1)).await.unwrap() });
    assert_eq!(post.author_id, ada.id);
    assert_eq!(ada.posts().all(db).await.unwrap(), std::slice::from_ref(&post));
    let post = assert_commands!(test, 1, { grace.posts().add(db, post).await.unwrap() });
    assert_eq!(post.author_id, grace.id);
    assert_eq!(ada.posts().count(db).await.unwrap(), 0);
    assert_eq!(grace.posts().all(db).await.unwrap(), [post]);
}

#[tokio::test]
async fn add_many_sends_one_command_per_thousand_documents() {
    let test = database().await;
    let (ada, db) = (author(&test, 0).await, test.db());
    let posts: Vec<Post> = (0..1_500).map(|n| ada.post("x", n)).collect();
    Post::insert_many(db, &posts[..700]).await.unwrap();
    let saved = assert_commands!(test, 2, { ada.posts().add_many(db, posts).await.unwrap() });
    assert_eq!(saved.len(), 1_500);
    assert_eq!(Post::find_all().count(db).await.unwrap(), 1_500);
    assert_commands!(test, 0, { ada.posts().add_many(db, []).await.unwrap() });
}

#[tokio::test]
async fn update_all_and_delete_all_change_only_related_documents() {
    let test = database().await;
    let (ada, db) = (author(&test, 4).await, test.db());
    let changed = assert_commands!(test, 1, {
        ada.posts().filter(Post::LIKES.gte(20)).update_all(db, Post::LIKES.set(0)).await.unwrap()
    });
    assert_eq!(changed, 2);
    assert_eq!(ada.posts().filter(Post::LIKES.eq(0)).count(db).await.unwrap(), 3);
    assert_eq!(ada.posts().delete_all(db).await.unwrap().to_string(), "4 posts deleted");
    assert_eq!((ada.posts().count(db).await.unwrap(), Post::find_all().count(db).await.unwrap()), (0, 4));
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(one_to_many, target = "Task", fk = "owner_id")]
#[relation(one_to_many, name = "reviews", target = "Task", fk = "reviewer_id")]
struct Owner {
    #[serde(rename = "_id")]
    id: Option<ObjectId>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Task {
    #[serde(rename = "_id")]
    id: i64,
    owner_id: Option<ObjectId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reviewer_id: Option<ObjectId>,
}

fn task(id: i64) -> Task {
    Task { id, owner_id: None, reviewer_id: None }
}

async fn owners(test: &TestDb) -> (Owner, Owner) {
    let one = Owner { id: None }.insert(test.db()).await.unwrap();
    let other = Owner { id: None }.insert(test.db()).await.unwrap();
    (one, other)
}

async fn ids(owner: &Owner, test: &TestDb) -> Vec<i64> {
    let tasks = owner.tasks().order_by(Task::ID.asc()).all(test.db()).await.unwrap();
    tasks.iter().map(|task| task.id).collect()
}

#[tokio::test]
async fn remove_empties_the_key_of_a_child() {
    let test = database().await;
    let ((one, other), db) = (owners(&test).await, test.db());
    let task = one.tasks().create(db, task(1)).await.unwrap();
    assert!(!assert_commands!(test, 1, { other.tasks().remove(db, &task).await.unwrap() }));
    assert_eq!(ids(&one, &test).await, [1]);
    assert!(assert_commands!(test, 1, { one.tasks().remove(db, &task).await.unwrap() }));
    assert!(!one.tasks().remove(db, &task).await.unwrap());
    let stored = test.db().collection::<earnorm::mongodb::bson::Document>("tasks");
    let stored = stored.find_one(doc! { "_id": 1_i64 }).await.unwrap().unwrap();
    assert_eq!(stored, doc! { "_id": 1_i64, "owner_id": null });
}

#[tokio::test]
async fn remove_unsets_a_key_that_serde_skips() {
    let test = database().await;
    let ((one, _), db) = (owners(&test).await, test.db());
    let task = one.reviews().create(db, task(1)).await.unwrap();
    one.reviews().remove(db, &task).await.unwrap();
    let stored = test.db().collection::<earnorm::mongodb::bson::Document>("tasks");
    let stored = stored.find_one(doc! { "_id": 1_i64 }).await.unwrap().unwrap();
    assert_eq!(stored, doc! { "_id": 1_i64, "owner_id": null });
}

#[tokio::test]
async fn set_replaces_all_children_in_two_commands() {
    let test = database().await;
    let ((one, other), db) = (owners(&test).await, test.db());
    one.tasks().add_many(db, [task(1), task(2), task(3)]).await.unwrap();
    let moved = other.tasks().create(db, task(4)).await.unwrap();
    let set = assert_commands!(test, 2, { one.tasks().set(db, [task(3), moved, task(5)]).await.unwrap() });
    assert!(set.iter().all(|task| task.owner_id == one.id));
    assert_eq!(ids(&one, &test).await, [3, 4, 5]);
    assert_eq!(ids(&other, &test).await, Vec::<i64>::new());
    assert_eq!(Task::find(Task::OWNER_ID.is_null()).count(db).await.unwrap(), 2);
    let cleared = assert_commands!(test, 1, { one.tasks().clear(db).await.unwrap() });
    assert_eq!(cleared, 3);
    assert_eq!(Task::find(Task::OWNER_ID.is_null()).count(db).await.unwrap(), 5);
}

#[tokio::test]
async fn relations_of_an_unsaved_document_are_errors_and_send_nothing() {
    let test = database().await;
    let db = test.db();
    let nobody = Owner { id: None };
    assert_commands!(test, 0, {
        let unsaved = |error: Error| matches!(error, Error::Unsaved { model: "Owner" });
        assert!(unsaved(nobody.tasks().all(db).await.unwrap_err()));
        assert!(unsaved(nobody.tasks().count(db).await.unwrap_err()));
        assert!(unsaved(nobody.tasks().create(db, task(1)).await.unwrap_err()));
        assert!(unsaved(nobody.tasks().clear(db).await.unwrap_err()));
        assert!(unsaved(nobody.tasks().set(db, [task(1)]).await.unwrap_err()));
        assert!(unsaved(nobody.tasks().to_query().unwrap_err()));
        assert!(unsaved(nobody.tasks().stream(db).next().await.unwrap().unwrap_err()));
    });
}

#[tokio::test]
async fn twenty_thousand_documents_come_in_at_most_two_replies() {
    let test = database().await;
    let db = test.db();
    let ada = User::new("Ada", None).insert(db).await.unwrap();
    let posts: Vec<Post> = (0..20_000).map(|n| ada.post("a title of some length", n)).collect();
    Post::insert_many(db, &posts).await.unwrap();
    let (posts, sent) = test.log().record(async { ada.posts().all(db).await.unwrap() }).await;
    assert_eq!(posts.len(), 20_000);
    assert!(sent.len() <= 2, "{sent}");
}

#[tokio::test]
async fn a_relation_to_a_missing_collection_is_empty() {
    let test = database().await;
    let db = test.db();
    let ada = User::new("Ada", None);
    assert!(ada.posts().all(db).await.unwrap().is_empty());
    assert_eq!(ada.posts().count(db).await.unwrap(), 0);
    assert_eq!(ada.posts().first(db).await.unwrap(), None);
}
