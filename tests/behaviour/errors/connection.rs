//! A server that is unreachable or lost: calls fail within seconds with the driver's error.

use std::time::{Duration, Instant};

use earnorm::Error;
use earnorm::mongodb::Database;
use earnorm::prelude::*;
use earnorm_tests::blog::{Group, User};
use tokio::net::{TcpListener, TcpStream};

const SOON: Duration = Duration::from_secs(5);

/// A port at which nobody listens, because it was free a moment ago.
async fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap().port()
}

async fn connect(port: u16) -> Database {
    let uri = format!(
        "mongodb://127.0.0.1:{port}/nowhere?directConnection=true&serverSelectionTimeoutMS=300&connectTimeoutMS=300"
    );
    earnorm::connect(uri).await.unwrap()
}

#[track_caller]
fn assert_unreachable<T: std::fmt::Debug>(outcome: earnorm::Result<T>, since: Instant) {
    let error = outcome.unwrap_err();
    assert!(matches!(error, Error::Driver(_)), "{error:?}");
    assert!(!error.to_string().is_empty());
    assert!(since.elapsed() < SOON, "{:?}", since.elapsed());
}

#[tokio::test]
async fn every_call_fails_without_a_server() {
    let db = &connect(free_port().await).await;
    let mut user = User::new("Ada", 36);
    let since = Instant::now();
    let (all, get, insert, save, rows, posts, group, transaction) = tokio::join!(
        User::find_all().all(db),
        User::get(db, user.id),
        user.clone().insert(db),
        async { user.clone().save(db).await },
        User::find_all().stream(db).into_future(),
        user.posts().count(db),
        Group::find_all().count(db),
        earnorm::transaction(db, async |tx| User::find_all().count(tx).await),
    );
    assert_unreachable(all, since);
    assert_unreachable(get, since);
    assert_unreachable(insert, since);
    assert_unreachable(save, since);
    assert_unreachable(rows, since);
    assert_unreachable(posts, since);
    assert_unreachable(group, since);
    assert_unreachable(transaction, since);
    let since = Instant::now();
    assert_unreachable(user.update(db, User::NAME.set("Grace")).await, since);
    assert_eq!(user.name, "Ada");
}

/// Forwards the bytes of clients to the test server until its task is aborted.
async fn relay(listener: TcpListener, upstream: String) {
    let mut open = tokio::task::JoinSet::new();
    loop {
        let (mut near, _) = listener.accept().await.unwrap();
        let mut far = TcpStream::connect(&upstream).await.unwrap();
        // the set aborts these tasks when it is dropped
        open.spawn(async move {
            let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
        });
    }
}

#[tokio::test]
async fn a_lost_connection_is_an_error_and_ends_a_stream() {
    let test = earnorm_tests::database().await;
    let users: Vec<_> = (0..2_500).map(|n| User::new(&format!("{n}"), None)).collect();
    User::insert_many(test.db(), &users).await.unwrap();
    let upstream = test.uri().split("://").nth(1).unwrap();
    let upstream = upstream.split(['/', '?']).next().unwrap().to_owned();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = tokio::spawn(relay(listener, upstream));

    let db = connect(port).await.client().database(test.name());
    assert_eq!(User::find_all().count(&db).await.unwrap(), 2_500);
    let mut rows = User::find_all().stream(&db).await.unwrap();
    rows.next().await.unwrap().unwrap();

    server.abort();
    assert!(server.await.unwrap_err().is_cancelled());
    let since = Instant::now();
    let mut read = 1;
    let error = loop {
        match rows.next().await.unwrap() {
            Ok(_) => read += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(error, Error::Driver(_)), "{error:?}");
    assert_eq!(read, 1_000, "documents that were already received are still returned");
    assert!(rows.next().await.is_none());
    assert_unreachable(User::find_all().all(&db).await, since);
    assert_unreachable(User::find_all().update(&db, User::NAME.set("x")).await, since);
    assert_eq!(User::find(User::NAME.eq("x")).count(test.db()).await.unwrap(), 0);
}

#[tokio::test]
async fn an_invalid_connection_string_is_an_error() {
    for (uri, message) in [
        ("mongodb://127.0.0.1:27017", "names no database"),
        ("localhost/blog", "scheme"),
        ("mongodb://127.0.0.1:x/blog", "port"),
    ] {
        let error = earnorm::connect(uri).await.unwrap_err();
        assert!(error.to_string().contains(message), "{uri}: {error}");
    }
}
