use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use earnorm::mongodb::Database;
use earnorm::prelude::*;
use earnorm::{Error, Executor, Result};
use earnorm_testkit::assert_commands;
use earnorm_tests::blog::{Comment, Post, User};
use earnorm_tests::{STRATEGIES, database};
use futures_util::TryStreamExt;
use tokio::sync::Barrier;

#[tokio::test]
async fn a_body_that_returns_ok_is_committed() {
    let test = database().await;
    let db = test.db();
    let ada = User::new("Ada", 36);
    // insert, create, a read outside of the transaction, count, commit
    let count = assert_commands!(test, 5, {
        earnorm::transaction(db, async |tx| {
            let ada = ada.clone().insert(tx).await?;
            ada.posts().create(tx, ada.post("hello", 1)).await?;
            assert_eq!(User::get(db, ada.id).await?, None, "not visible outside of the transaction yet");
            ada.posts().count(tx).await
        })
        .await
        .unwrap()
    });
    assert_eq!(count, 1);
    assert_eq!(User::get(db, ada.id).await.unwrap(), Some(ada));
}

#[tokio::test]
async fn an_error_of_the_body_aborts_and_is_returned() {
    #[derive(Debug, PartialEq)]
    struct OutOfStock;
    impl std::fmt::Display for OutOfStock {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("out of stock")
        }
    }
    impl std::error::Error for OutOfStock {}

    let test = database().await;
    let db = test.db();
    let outcome: Result<()> = earnorm::transaction(db, async |tx| {
        User::new("Ada", 36).insert(tx).await?;
        Err(Error::other(OutOfStock))
    })
    .await;
    match outcome.unwrap_err() {
        Error::Other(inner) => assert_eq!(inner.downcast_ref::<OutOfStock>(), Some(&OutOfStock)),
        other => panic!("{other}"),
    }
    assert_eq!(User::find_all().count(db).await.unwrap(), 0);
}

/// A user's helper for databases and transactions.
async fn rename_or_create(on: impl Executor<'_>, name: &str) -> Result<User> {
    if let Some(mut user) = User::find(User::NAME.eq(name)).first(on).await? {
        user.update(on, User::AGE.set(1)).await?;
        return Ok(user);
    }
    User::new(name, None).insert(on).await
}

#[tokio::test]
async fn a_helper_runs_on_a_database_and_on_a_transaction() {
    let test = database().await;
    let db = test.db();
    assert_eq!(rename_or_create(db, "Ada").await.unwrap().age, None);
    let ada = earnorm::transaction(db, async |tx| rename_or_create(tx, "Ada").await).await;
    assert_eq!(ada.unwrap().age, Some(1));
}

async fn transfer(db: Database, from: ObjectId, to: ObjectId) -> Result<()> {
    earnorm::transaction(&db, async |tx| {
        Post::update_by_id(tx, from, Post::LIKES.inc(-1)).await?;
        Post::update_by_id(tx, to, Post::LIKES.inc(1)).await.map(drop)
    })
    .await
}

/// The tasks are spawned, so the futures are `Send`. They write the same two documents, so they conflict and run again.
#[tokio::test(flavor = "multi_thread")]
async fn concurrent_transactions_are_retried_and_lose_nothing() {
    let test = database().await;
    let db = test.db();
    let ada = User::new("Ada", 36);
    let (a, b) = (ada.post("a", 100), ada.post("b", 0));
    Post::insert_many(db, &[a.clone(), b.clone()]).await.unwrap();
    let tasks: Vec<_> = (0..8).map(|_| tokio::spawn(transfer(db.clone(), a.id, b.id))).collect();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    assert_eq!(Post::get(db, a.id).await.unwrap().unwrap().likes, 92);
    assert_eq!(Post::get(db, b.id).await.unwrap().unwrap().likes, 8);
}

/// Two transactions both read before either writes. The second to write meets a conflict, and its body runs again.
#[tokio::test(flavor = "multi_thread")]
async fn a_write_conflict_runs_the_body_again() {
    let test = database().await;
    let db = test.db();
    let post = User::new("Ada", 36).post("a", 0).insert(db).await.unwrap();
    let runs = Arc::new(AtomicU32::new(0));
    let both_have_read = Arc::new(Barrier::new(2));
    let body = || {
        let (db, runs, id) = (db.clone(), Arc::clone(&runs), post.id);
        let barrier = Arc::clone(&both_have_read);
        tokio::spawn(async move {
            let first = AtomicU32::new(1);
            earnorm::transaction(&db, async |tx| {
                runs.fetch_add(1, Ordering::SeqCst);
                let before = Post::get(tx, id).await?.map_or(0, |post| post.likes);
                if first.swap(0, Ordering::SeqCst) == 1 {
                    barrier.wait().await;
                }
                Post::update_by_id(tx, id, Post::LIKES.set(before + 1)).await
            })
            .await
        })
    };
    let (one, other) = (body(), body());
    one.await.unwrap().unwrap();
    other.await.unwrap().unwrap();
    assert_eq!(Post::get(db, post.id).await.unwrap().unwrap().likes, 2, "no update was lost");
    assert!(runs.load(Ordering::SeqCst) >= 3, "one of the two bodies ran again");
}

#[tokio::test]
async fn concurrent_steps_of_a_transaction_are_queued() {
    let test = database().await;
    let db = test.db();
    earnorm::transaction(db, async |tx| {
        let (a, b) =
            futures_util::future::join(User::new("Ada", None).insert(tx), User::new("Grace", None).insert(tx)).await;
        a?;
        b?;
        let mut users = User::find_all().stream(tx);
        let mut seen = 0;
        while let Some(user) = users.next().await {
            let user = user?;
            user.posts().count(tx).await?;
            seen += 1;
        }
        assert_eq!(seen, 2);
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn the_session_can_be_used_for_driver_calls() {
    let test = database().await;
    let db = test.db();
    let aborted: Result<()> = earnorm::transaction(db, async |tx| {
        let log = tx.database().collection::<earnorm::mongodb::bson::Document>("log");
        log.insert_one(doc! { "event": "sale" }).session(&mut *tx.session().await).await?;
        Err(Error::other("no"))
    })
    .await;
    assert!(aborted.is_err());
    let log = db.collection::<earnorm::mongodb::bson::Document>("log");
    assert_eq!(log.count_documents(doc! {}).await.unwrap(), 0);
}

#[tokio::test]
async fn a_large_collection_is_streamed_in_a_transaction() {
    let test = database().await;
    let db = test.db();
    let ada = User::new("Ada", None);
    let posts: Vec<Post> = (0..2_500).map(|n| ada.post("x", n)).collect();
    Post::insert_many(db, &posts).await.unwrap();
    let total = earnorm::transaction(db, async |tx| {
        let mut posts = ada.posts().stream(tx);
        let mut total = 0;
        while let Some(post) = posts.next().await {
            total += post?.likes;
        }
        Ok(total)
    })
    .await
    .unwrap();
    assert_eq!(total, (0..2_500).sum::<i64>());
}

#[tokio::test]
async fn every_kind_of_write_runs_in_the_transaction() {
    let test = database().await;
    let db = test.db();
    let kept = User::new("kept", 1).insert(db).await.unwrap();
    let aborted: Result<()> = earnorm::transaction(db, async |tx| {
        let mut ada = User::new("Ada", None).insert(tx).await?;
        ada.name = "Grace".into();
        ada.save(tx).await?;
        User::insert_many(tx, &[User::new("x", None)]).await?;
        User::find(User::NAME.eq("kept")).update(tx, User::AGE.inc(1)).await?;
        ada.posts().add_many(tx, [ada.post("a", 1), ada.post("b", 2)]).await?;
        assert_eq!(User::find_all().count(tx).await?, 3);
        assert_eq!(ada.posts().count(tx).await?, 2);
        Err(Error::other("undo it all"))
    })
    .await;
    assert!(aborted.is_err());
    assert_eq!(User::find_all().all(db).await.unwrap(), [kept]);
    assert_eq!(Post::find_all().count(db).await.unwrap(), 0);
}

/// Text conditions in conditions and in includes of both strategies, optional updates through a handle, and a digest,
/// in one transaction with its own error type.
#[tokio::test]
async fn a_transaction_with_conditions_includes_updates_and_a_digest() {
    let test = database().await;
    let db = test.db();
    let (ada, bob) = (User::new("Ada", 36), User::new("Bob", 20));
    User::insert_many(db, &[ada.clone(), bob.clone()]).await.unwrap();
    Post::insert_many(db, &[ada.post("a.b", 1), ada.post("axb", 2), bob.post("a.b", 3)]).await.unwrap();
    let outcome: Result<u64, Box<dyn std::error::Error + Send + Sync>> = earnorm::try_transaction(db, async |tx| {
        for strategy in STRATEGIES {
            let dotted = User::POSTS.filter(Post::TITLE.starts_with("a."));
            let found = User::find(User::NAME.contains_text("d"))
                .filter(User::POSTS.filter(Post::TITLE.contains_text(".")).any())
                .with(dotted)
                .strategy(strategy)
                .all(tx)
                .await?;
            assert_eq!(found.len(), 1);
            assert_eq!(found[0].related(User::POSTS).iter().map(|post| post.likes).collect::<Vec<_>>(), [1]);
        }
        let updates = vec![Some(Post::LIKES.inc(10)), None];
        let changed = ada.posts().filter(Some(Post::TITLE.starts_with("a."))).update_all(tx, updates).await?;
        let planned = bob.plan_delete(tx).await?.digest();
        let late = bob.posts().create(tx, bob.post("late", 0)).await?;
        assert!(matches!(bob.delete_if(tx, &planned).await, Err(Error::StalePlan)));
        late.delete(tx).await?;
        Ok(changed + bob.delete_if(tx, &planned).await?.deleted())
    })
    .await;
    assert_eq!(outcome.unwrap(), 1 + 2, "one post changed, a user and a post deleted");
    let likes = User::POSTS.batch_load_by_ids(db, [ada.id, bob.id]).await.unwrap();
    assert_eq!(likes[&ada.id].iter().map(|post| post.likes).sum::<i64>(), 13);
    assert!(likes[&bob.id].is_empty());
}

/// Conditions on related documents in a stream, a handle's update, a delete plan and an include, in one transaction.
#[tokio::test]
async fn a_transaction_with_conditions_in_a_stream_a_handle_and_a_delete() {
    let test = database().await;
    let db = test.db();
    let (ada, bob) = (User::new("Ada", 36), User::new("Bob", 20));
    User::insert_many(db, &[ada.clone(), bob.clone()]).await.unwrap();
    let posts = [ada.post("first", 1), ada.post("second", 2), bob.post("third", 3)];
    Post::insert_many(db, &posts).await.unwrap();
    let (id, post_id) = (ObjectId::new(), posts[0].id);
    let spam = Comment { id, text: String::new(), status: "spam".into(), likes: 0, created_at: 0, post_id };
    spam.insert(db).await.unwrap();
    let discussed = || Post::COMMENTS.filter(Comment::STATUS.eq("spam")).any();
    let writers = || User::find(User::POSTS.filter(discussed()).any() | User::AGE.lt(18));
    let left = earnorm::transaction(db, async |tx| {
        let mut stream = writers().with(User::POSTS.filter(!discussed())).stream(tx);
        let row = stream.try_next().await?.ok_or_else(|| Error::other("no writer"))?;
        assert_eq!(row.related(User::POSTS).iter().map(|post| post.likes).collect::<Vec<_>>(), [2]);
        assert!(stream.try_next().await?.is_none());
        drop(stream);
        assert_eq!(ada.posts().filter(discussed() & Post::LIKES.lt(10)).update_all(tx, Post::LIKES.inc(10)).await?, 1);
        let plan = Post::find(discussed()).plan_delete(tx).await?;
        assert_eq!((plan.deleted_of::<Post>(), plan.deleted_of::<Comment>()), (1, 1));
        assert_eq!(Post::find(discussed() & Post::LIKES.eq(11)).delete(tx).await?.deleted(), 2);
        for strategy in STRATEGIES {
            assert!(writers().strategy(strategy).with(User::POSTS).all(tx).await?.is_empty());
        }
        User::find(User::POSTS.every(Post::COMMENTS.none())).count(tx).await
    })
    .await;
    assert_eq!(left.unwrap(), 2);
    assert_eq!(Post::find_all().count(db).await.unwrap(), 2);
}
