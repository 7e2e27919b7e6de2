use earnorm::Error;
use earnorm::prelude::*;
use earnorm_testkit::assert_commands;
use earnorm_tests::database;

use crate::models::{User, make, names, names_of};

#[tokio::test]
async fn missing_indexes_are_listed_with_their_options() {
    let test = database().await;
    let db = test.db();
    let check = assert_commands!(test, 1, User::check_indexes(db).await.unwrap());
    assert_eq!((check.present, check.missing.len()), (0, 7), "{check}");
    let printed = check.to_string();
    assert!(printed.contains("users.expires_1 { \"expires\": 1 }, expires after 3600 seconds"), "{printed}");
    assert!(printed.contains("users.by_nick { \"nick\": 1 }, sparse"), "{printed}");
    assert_eq!(names(db, "users").await, [""; 0]);
    User::ensure_indexes(db).await.unwrap();
    let check = User::check_indexes(db).await.unwrap();
    assert!(check.is_clean(), "{check}");
    assert_eq!(check.present, 7);
}

#[tokio::test]
async fn other_options_are_a_difference() {
    let test = database().await;
    let db = test.db();
    make(db, "users", doc! { "expires": 1 }, doc! { "name": "expires_1", "expireAfterSeconds": 5 }).await;
    make(db, "users", doc! { "country": 1, "created": -1 }, doc! { "name": "own", "unique": true }).await;
    make(db, "users", doc! { "nick": 1 }, doc! { "name": "nickname", "sparse": true }).await;
    make(db, "users", doc! { "name": 1 }, doc! { "name": "name", "collation": { "locale": "en" } }).await;
    let check = User::check_indexes(db).await.unwrap();
    assert_eq!(
        names_of(check.different.iter().map(|different| &different.there)),
        ["expires_1", "name", "nickname", "own"]
    );
    assert_eq!(names_of(&check.missing), ["mail_1", "score_1", "token_1_unique_active_true"], "{check}");
    assert_eq!(check.superfluous, [], "{check}");
}

/// A server can't have two indexes that differ only in when documents expire.
#[tokio::test]
async fn an_index_that_conflicts_with_an_existing_one_is_named() {
    let test = database().await;
    let db = test.db();
    make(db, "users", doc! { "expires": 1 }, doc! { "name": "expires_1", "expireAfterSeconds": 5 }).await;
    let Err(Error::Indexes { report, source }) = User::ensure_indexes(db).await else { panic!("a conflict") };
    assert_eq!((report.failed.len(), report.made.len()), (1, 6), "{report}");
    assert_eq!(report.failed[0].index.name, "expires_1");
    assert!(report.failed[0].duplicates.is_empty() && !report.failed[0].reason.is_empty());
    assert!(matches!(*source.kind, earnorm::mongodb::error::ErrorKind::Command(_)), "{source}");
    assert_eq!(names(db, "users").await.len(), 7);
}
