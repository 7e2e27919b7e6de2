//! Faults strike at the chosen command, and nowhere else.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::{Duration, Instant};

use earnorm_testkit::{FaultProxy, LocalServer, ServerError, TestDb};
use mongodb::bson::{Document, doc};
use mongodb::error::{Error, ErrorKind};
use mongodb::{Client, Collection};

async fn behind() -> (TestDb, FaultProxy, Collection<Document>) {
    let (db, proxy) = TestDb::with_proxy().await.unwrap();
    let posts = db.db().collection("posts");
    posts.insert_many((0..3).map(|n| doc! { "_id": n, "n": 0 })).await.unwrap();
    proxy.heal();
    (db, proxy, posts)
}

async fn add_one(posts: &Collection<Document>) -> Result<(), Error> {
    posts.update_many(doc! {}, doc! { "$inc": { "n": 1 } }).await.map(drop)
}

async fn sum(posts: &Collection<Document>) -> u64 {
    posts.count_documents(doc! { "n": { "$gt": 0 } }).await.unwrap()
}

#[tokio::test]
async fn a_command_cut_before_isnt_executed() {
    let (_db, proxy, posts) = behind().await;
    proxy.cut_before(2);
    assert_eq!(sum(&posts).await, 0);
    let error = add_one(&posts).await.unwrap_err();
    assert!(matches!(*error.kind, ErrorKind::Io(_)), "{error}");
    assert_eq!(sum(&posts).await, 0);
    assert_eq!(proxy.seen(), 3);
}

#[tokio::test]
async fn a_command_cut_after_is_executed() {
    let (_db, proxy, posts) = behind().await;
    proxy.cut_after(1);
    let error = add_one(&posts).await.unwrap_err();
    assert!(matches!(*error.kind, ErrorKind::Io(_)), "{error}");
    assert_eq!(sum(&posts).await, 3);
}

#[tokio::test]
async fn a_retry_is_counted_and_executed_once() {
    let (_db, proxy, posts) = behind().await;
    proxy.cut_after(1);
    posts.insert_one(doc! { "_id": 3 }).await.unwrap();
    assert_eq!(proxy.seen(), 2);
    assert_eq!(posts.count_documents(doc! {}).await.unwrap(), 4);
}

#[tokio::test]
async fn a_proxy_is_down_until_it_is_healed() {
    let (_db, proxy, posts) = behind().await;
    proxy.down_after(1);
    assert!(posts.insert_one(doc! { "_id": 3 }).await.is_err());
    assert!(posts.count_documents(doc! {}).await.is_err());
    proxy.heal();
    assert_eq!(posts.count_documents(doc! {}).await.unwrap(), 4);

    proxy.down();
    assert!(posts.count_documents(doc! {}).await.is_err());
    proxy.heal();
    assert_eq!(posts.count_documents(doc! {}).await.unwrap(), 4);
}

#[tokio::test]
async fn a_cut_is_possible_at_every_byte() {
    let (db, proxy, _) = behind().await;
    let uri = format!("{}&retryReads=false", proxy.uri());
    let mut failed = 0;
    for n in (0..).step_by(37) {
        let posts = Client::with_uri_str(&uri).await.unwrap().database(db.name()).collection::<Document>("posts");
        proxy.heal();
        proxy.cut_at_byte(n);
        match posts.find_one(doc! {}).await {
            Err(error) => assert!(matches!(*error.kind, ErrorKind::Io(_)), "{error}"),
            Ok(found) => {
                assert!(found.is_some());
                break;
            }
        }
        failed += 1;
    }
    // a command and its reply have a few hundred bytes
    assert!((5..100).contains(&failed), "{failed}");
}

#[tokio::test]
async fn a_delay_takes_its_time() {
    let (_db, proxy, posts) = behind().await;
    let time = Duration::from_millis(150);
    proxy.delay(1, time);
    let start = Instant::now();
    assert_eq!(sum(&posts).await, 0);
    assert!(start.elapsed() >= time);
}

#[tokio::test]
async fn the_driver_takes_a_refusal_for_the_servers() {
    let (_db, proxy, posts) = behind().await;
    proxy.refuse(1, doc! { "ok": 0, "code": 262, "codeName": "ExceededTimeLimit", "errmsg": "too slow" });
    // a transient error, after which the driver retries a read
    assert_eq!(sum(&posts).await, 0);
    assert_eq!(proxy.seen(), 2);

    proxy.refuse(1, doc! { "ok": 0, "code": 121, "errmsg": "no" });
    let error = add_one(&posts).await.unwrap_err();
    assert!(matches!(*error.kind, ErrorKind::Command(ref e) if e.code == 121), "{error}");
    assert_eq!(sum(&posts).await, 0);
}

#[tokio::test]
async fn only_named_commands_are_counted() {
    let (_db, proxy, posts) = behind().await;
    proxy.only(["update"]);
    proxy.cut_before(1);
    assert_eq!(sum(&posts).await, 0);
    assert_eq!(proxy.seen(), 0);
    assert!(add_one(&posts).await.is_err());
    assert_eq!(proxy.seen(), 1);
}

#[tokio::test]
async fn transactions_work_and_a_cut_commit_has_an_unknown_result() {
    let (db, proxy, posts) = behind().await;
    let mut session = db.client().start_session().await.unwrap();
    session.start_transaction().await.unwrap();
    posts.insert_one(doc! { "_id": 3 }).session(&mut session).await.unwrap();
    session.commit_transaction().await.unwrap();
    assert_eq!(posts.count_documents(doc! {}).await.unwrap(), 4);

    session.start_transaction().await.unwrap();
    posts.insert_one(doc! { "_id": 4 }).session(&mut session).await.unwrap();
    proxy.down_before(1);
    let error = session.commit_transaction().await.unwrap_err();
    assert!(error.contains_label(mongodb::error::UNKNOWN_TRANSACTION_COMMIT_RESULT), "{error:?}");
    proxy.heal();
    session.commit_transaction().await.unwrap();
    assert_eq!(posts.count_documents(doc! {}).await.unwrap(), 5);

    session.start_transaction().await.unwrap();
    proxy.cut_before(1);
    let error = posts.insert_one(doc! { "_id": 5 }).session(&mut session).await.unwrap_err();
    assert!(error.contains_label(mongodb::error::TRANSIENT_TRANSACTION_ERROR), "{error:?}");
    session.abort_transaction().await.unwrap();
}

#[tokio::test]
async fn a_test_can_drop_the_future_at_the_cut() {
    let (_db, proxy, posts) = behind().await;
    proxy.down_after(2);
    let work = async {
        loop {
            let _ = add_one(&posts).await;
        }
    };
    tokio::select! {
        () = work => {}
        () = proxy.struck() => {}
    }
    proxy.heal();
    let twice = posts.count_documents(doc! { "n": 2 }).await.unwrap();
    assert_eq!(twice, 3);
}

#[tokio::test]
async fn a_standalone_server_has_no_transactions() {
    let (db, proxy) = TestDb::standalone().await.unwrap();
    let posts = db.db().collection::<Document>("posts");
    let hello = db.db().run_command(doc! { "hello": 1 }).await.unwrap();
    assert!(!hello.contains_key("setName") && hello.get_bool("isWritablePrimary").unwrap(), "{hello}");

    let mut session = db.client().start_session().await.unwrap();
    session.start_transaction().await.unwrap();
    let error = posts.insert_one(doc! { "_id": 1 }).session(&mut session).await.unwrap_err();
    assert!(matches!(*error.kind, ErrorKind::Command(ref e) if e.code == 20), "{error}");
    let _ = session.abort_transaction().await;
    drop(session);

    let before = proxy.seen();
    // sent without a transaction number, since the driver takes the server for one without sessions
    posts.insert_one(doc! { "_id": 1 }).await.unwrap();
    assert!(!db.log().commands().iter().last().unwrap().body.contains_key("txnNumber"));
    assert_eq!(posts.count_documents(doc! {}).await.unwrap(), 1);
    assert_eq!(proxy.seen() - before, 2);
    proxy.cut_after(1);
    assert!(posts.insert_one(doc! { "_id": 2 }).await.is_err());
    assert_eq!(posts.count_documents(doc! {}).await.unwrap(), 2);
}

#[tokio::test]
async fn a_proxy_ends_with_its_last_clone() {
    let proxy = FaultProxy::start(LocalServer::shared().await.unwrap().uri()).await.unwrap();
    let address = proxy.uri().trim_start_matches("mongodb://").split('/').next().unwrap().to_owned();
    let clone = proxy.clone();
    drop(proxy);
    assert!(std::net::TcpStream::connect(&address).is_ok());
    drop(clone);
    let start = Instant::now();
    while std::net::TcpStream::connect(&address).is_ok() {
        assert!(start.elapsed() < Duration::from_secs(5), "it still listens");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn an_unsupported_server_is_an_error() {
    for (uri, expected) in [
        ("localhost", "a proxy doesn't support localhost: "),
        ("mongodb://u:p@h/?tls=true", "a proxy doesn't support mongodb://***@h: it uses TLS, which hides the commands"),
    ] {
        let error = FaultProxy::start(uri).await.unwrap_err();
        assert!(matches!(error, ServerError::Proxy { .. }));
        assert!(error.to_string().starts_with(expected), "{error}");
    }
}
