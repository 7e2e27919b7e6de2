//! Each test has its own database, which is dropped after the test.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};

use earnorm_testkit::{LocalServer, TestDb};
use mongodb::bson::{Document, doc};
use mongodb::error::ErrorKind;
use mongodb::{Client, Collection};

fn posts(db: &TestDb) -> Collection<Document> {
    db.db().collection("posts")
}

async fn exists(name: &str) -> bool {
    let client = Client::with_uri_str(LocalServer::shared().await.unwrap().uri()).await.unwrap();
    client.list_database_names().await.unwrap().iter().any(|database| database == name)
}

#[tokio::test]
async fn two_databases_are_separate() {
    let one = TestDb::new().await.unwrap();
    let two = TestDb::new().await.unwrap();
    assert_ne!(one.name(), two.name());
    posts(&one).insert_one(doc! { "_id": 1 }).await.unwrap();
    assert_eq!(posts(&one).count_documents(doc! {}).await.unwrap(), 1);
    assert_eq!(posts(&two).count_documents(doc! {}).await.unwrap(), 0);
    assert!(two.log().commands().iter().all(|command| command.name != "insert"));
}

#[tokio::test]
async fn a_database_is_dropped_at_the_end() {
    let db = TestDb::new().await.unwrap();
    posts(&db).insert_one(doc! { "_id": 1 }).await.unwrap();
    let name = db.name().to_owned();
    assert!(exists(&name).await);
    drop(db);
    assert!(!exists(&name).await);
}

#[test]
fn a_database_is_dropped_after_a_panic_that_ends_the_runtime() {
    let mut name = String::new();
    let result = std::panic::catch_unwind(AssertUnwindSafe(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let db = TestDb::new().await.unwrap();
            name.push_str(db.name());
            posts(&db).insert_one(doc! { "_id": 1 }).await.unwrap();
            panic!("a test that fails");
        });
    }));
    assert!(result.is_err());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    assert!(!runtime.block_on(exists(&name)));
}

#[test]
fn a_database_is_dropped_without_a_runtime() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let db = runtime.block_on(async {
        let db = TestDb::new().await.unwrap();
        posts(&db).insert_one(doc! { "_id": 1 }).await.unwrap();
        db
    });
    drop(runtime);
    let name = db.name().to_owned();
    drop(db);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    assert!(!runtime.block_on(exists(&name)));
}

#[tokio::test]
async fn an_open_transaction_delays_the_end_only_briefly() {
    let db = TestDb::new().await.unwrap();
    posts(&db).insert_one(doc! { "_id": 1 }).await.unwrap();
    let mut session = db.client().start_session().await.unwrap();
    session.start_transaction().await.unwrap();
    posts(&db).insert_one(doc! { "_id": 2 }).session(&mut session).await.unwrap();
    let start = Instant::now();
    drop(db);
    assert!(start.elapsed() < Duration::from_secs(12));
}

#[tokio::test]
async fn the_connection_string_names_the_database() {
    let db = TestDb::new().await.unwrap();
    posts(&db).insert_one(doc! { "_id": 1 }).await.unwrap();
    let client = Client::with_uri_str(db.uri()).await.unwrap();
    let same = client.default_database().unwrap();
    assert_eq!(same.name(), db.name());
    assert_eq!(same.collection::<Document>("posts").count_documents(doc! {}).await.unwrap(), 1);
}

#[tokio::test]
async fn the_client_can_have_other_options() {
    let db = TestDb::with_options(|options| {
        options.app_name = Some("impatient".to_owned());
        options.hosts.clear();
        options.hosts.push(mongodb::options::ServerAddress::Tcp { host: "127.0.0.1".to_owned(), port: Some(1) });
        options.server_selection_timeout = Some(Duration::from_millis(50));
    })
    .await
    .unwrap();
    let error = posts(&db).count_documents(doc! {}).await.unwrap_err();
    assert!(matches!(*error.kind, ErrorKind::ServerSelection { .. }), "{error}");

    let bare = TestDb::with_options(|options| options.command_event_handler = None).await.unwrap();
    posts(&bare).insert_one(doc! { "_id": 1 }).await.unwrap();
    assert!(bare.log().is_empty());
}

#[tokio::test]
async fn transactions_commit_and_abort() {
    let db = TestDb::new().await.unwrap();
    let posts = posts(&db);
    posts.insert_one(doc! { "_id": 0 }).await.unwrap();
    let mut session = db.client().start_session().await.unwrap();

    session.start_transaction().await.unwrap();
    posts.insert_one(doc! { "_id": 1 }).session(&mut session).await.unwrap();
    assert_eq!(posts.count_documents(doc! {}).await.unwrap(), 1);
    session.commit_transaction().await.unwrap();
    assert_eq!(posts.count_documents(doc! {}).await.unwrap(), 2);

    session.start_transaction().await.unwrap();
    posts.insert_one(doc! { "_id": 2 }).session(&mut session).await.unwrap();
    session.abort_transaction().await.unwrap();
    assert_eq!(posts.count_documents(doc! {}).await.unwrap(), 2);
}
