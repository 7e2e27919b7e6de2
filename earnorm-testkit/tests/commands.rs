//! The log of commands, and the assertion on their number.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::panic::{AssertUnwindSafe, catch_unwind};

use earnorm_testkit::{Command, CommandLog, Outcome, TestDb, assert_commands};
use mongodb::Collection;
use mongodb::bson::{Document, doc};
use mongodb::options::IndexOptions;
use mongodb::{Cursor, IndexModel};

async fn with_posts(number: i32) -> (TestDb, Collection<Document>) {
    let db = TestDb::new().await.unwrap();
    let posts = db.db().collection("posts");
    posts.insert_many((0..number).map(|n| doc! { "_id": n })).await.unwrap();
    (db, posts)
}

async fn drain(mut cursor: Cursor<Document>) -> usize {
    let mut number = 0;
    while cursor.advance().await.unwrap() {
        number += 1;
    }
    number
}

#[tokio::test]
async fn an_insert_is_one_command() {
    let db = TestDb::new().await.unwrap();
    let posts = db.db().collection::<Document>("posts");
    posts.insert_one(doc! { "_id": 1 }).await.unwrap();
    let sent = db.log().commands();
    assert_eq!(sent.names(), ["insert"]);
    assert_eq!(sent[0].database, db.name());
    assert_eq!(sent[0].collection.as_deref(), Some("posts"));
    assert_eq!(sent[0].body.get_array("documents").unwrap().len(), 1);
    assert!(matches!(sent[0].outcome, Outcome::Replied(reply) if reply.affected == Some(1)));
    assert!(sent.bytes() > 0 && sent.reply_bytes() > 0);
}

#[tokio::test]
async fn each_batch_of_a_cursor_counts() {
    let (db, posts) = with_posts(25).await;
    let (number, sent) =
        db.log().record(async { drain(posts.find(doc! {}).batch_size(10).await.unwrap()).await }).await;
    assert_eq!(number, 25);
    assert_eq!(sent.names(), ["find", "getMore", "getMore"]);
    assert_eq!(sent.iter().map(Command::documents).collect::<Vec<_>>(), [10, 10, 5]);
    assert_eq!(sent[2].collection.as_deref(), Some("posts"));
    let lines = sent.to_string();
    assert!(lines.starts_with("1. find posts { "), "{lines}");
    assert!(lines.lines().nth(2).unwrap().ends_with(" -> 5 documents"), "{lines}");
}

#[tokio::test]
async fn failed_writes_are_recorded() {
    let (db, posts) = with_posts(1).await;
    let (_, sent) = db.log().record(posts.insert_one(doc! { "_id": 0 }).into_future()).await;
    assert!(sent.to_string().ends_with("1 write error"), "{sent}");

    let options = IndexOptions::builder().name("a".to_owned()).build();
    let index = IndexModel::builder().keys(doc! { "a": "no such kind" }).options(options).build();
    let (result, sent) = db.log().record(posts.create_index(index).into_future()).await;
    assert!(result.is_err());
    assert!(matches!(&sent[0].outcome, Outcome::Failed(_)), "{sent}");
}

#[tokio::test]
async fn the_end_of_a_transaction_is_recognized() {
    let (db, posts) = with_posts(1).await;
    let mut session = db.client().start_session().await.unwrap();
    db.log().clear();
    session.start_transaction().await.unwrap();
    posts.insert_one(doc! { "_id": 1 }).session(&mut session).await.unwrap();
    session.commit_transaction().await.unwrap();
    posts.find_one(doc! {}).await.unwrap();
    let sent = db.log().commands();
    assert_eq!(sent.names(), ["insert", "commitTransaction", "find"]);
    assert_eq!(sent.iter().map(Command::in_transaction).collect::<Vec<_>>(), [true, true, false]);
    assert_eq!(sent.iter().map(Command::ends_transaction).collect::<Vec<_>>(), [false, true, false]);
}

#[tokio::test]
async fn marks_are_valid_after_a_clear() {
    let (db, posts) = with_posts(1).await;
    let mark = db.log().mark();
    posts.find_one(doc! {}).await.unwrap();
    db.log().clear();
    assert!(db.log().is_empty());
    posts.find_one(doc! {}).await.unwrap();
    assert_eq!(db.log().since(mark).len(), 1);
    assert_eq!(db.log().len(), 1);
}

#[tokio::test]
async fn the_assertion_returns_the_value() -> Result<(), Box<dyn std::error::Error>> {
    let (db, posts) = with_posts(3).await;
    let number = assert_commands!(db.log(), 1, { posts.count_documents(doc! {}).await? });
    assert_eq!(number, 3);
    assert_commands!(&db, 2, {
        posts.delete_one(doc! { "_id": 0 }).await?;
        posts.delete_one(doc! { "_id": 1 }).await?;
    });
    let log: CommandLog = db.log().clone();
    assert_commands!(log, 0, ());
    let found = assert_commands!(db, 1, posts.find_one(doc! {}).await?);
    assert!(found.is_some());
    Ok(())
}

#[tokio::test]
async fn the_assertion_may_be_in_a_task() {
    let (db, posts) = with_posts(3).await;
    let task = tokio::spawn(async move { assert_commands!(db, 1, { posts.count_documents(doc! {}).await.unwrap() }) });
    assert_eq!(task.await.unwrap(), 3);
}

#[tokio::test]
async fn a_failed_assertion_lists_the_commands() {
    let (db, posts) = with_posts(3).await;
    let before = db.log().mark();
    drain(posts.find(doc! {}).batch_size(2).await.unwrap()).await;
    let sent = db.log().since(before);
    assert_eq!(sent.len(), 2);

    // Nothing is awaited, so that the panic can be caught here.
    let message = catch_unwind(AssertUnwindSafe(|| assert_commands!(db, 1, ()))).unwrap_err();
    assert_eq!(message.downcast_ref::<String>().unwrap(), "expected 1 command, 0 sent:\n  no commands");

    let task = tokio::spawn(async move {
        assert_commands!(db, 1, { drain(posts.find(doc! {}).batch_size(2).await.unwrap()).await });
    });
    let panic = task.await.unwrap_err().into_panic();
    let message = panic.downcast_ref::<String>().unwrap();
    let lines: Vec<&str> = message.lines().collect();
    assert_eq!(lines[0], "expected 1 command, 2 sent:");
    assert!(lines[1].starts_with("  1. find posts { ") && lines[1].ends_with(" -> 2 documents"), "{message}");
    assert!(lines[2].starts_with("  2. getMore posts { ") && lines[2].ends_with(" -> 1 document"), "{message}");
}

#[test]
#[allow(clippy::expect_used, reason = "a test fails by panicking")]
fn a_failed_assertion_shows_its_line() {
    use std::sync::{Arc, Mutex};
    let place = Arc::new(Mutex::new(None));
    let seen = Arc::clone(&place);
    let hook = std::panic::take_hook();
    let this = std::thread::current().id();
    std::panic::set_hook(Box::new(move |info| {
        if std::thread::current().id() == this {
            *seen.lock().unwrap() = info.location().map(|at| (at.file().to_owned(), at.line()));
        } else {
            hook(info);
        }
    }));
    let line = line!() + 1;
    let result = catch_unwind(|| assert_commands!(CommandLog::new(), 1, ()));
    assert!(result.is_err());
    let (file, at) = place.lock().unwrap().clone().expect("a place");
    assert!(file.ends_with("commands.rs"), "{file}");
    assert_eq!(at, line);
}
