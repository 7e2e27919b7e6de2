use earnorm::Error;
use earnorm::integrity::FailedIndex;
use earnorm::mongodb::bson::{Bson, Document};
use earnorm::prelude::*;
use earnorm_testkit::assert_commands;
use earnorm_tests::{database, insert_documents};

use crate::models::{Order, User, names};

#[tokio::test]
async fn documents_with_the_same_value_are_listed() {
    let test = database().await;
    let db = test.db();
    let emails = [(1, "a"), (2, "b"), (3, "a"), (4, "b"), (5, "b"), (6, "c")];
    let documents = emails.map(|(id, mail)| doc! { "_id": id, "mail": mail, "token": id });
    insert_documents(db, "users", documents).await;
    // the list, one for all indexes, one for each of the 7, and those that find the two groups
    let outcome = assert_commands!(test, 9 + 3, User::ensure_indexes(db).await);
    let error = outcome.unwrap_err();
    let Error::Indexes { report, .. } = &error else { panic!("{error}") };
    assert_eq!(report.made.len(), 6, "the others are made: {error}");
    assert_eq!(names(db, "users").await.len(), 6);
    let [FailedIndex { index, duplicates, .. }] = report.failed.as_slice() else { panic!("{error}") };
    assert_eq!((index.name.as_str(), index.unique), ("mail_1", true));
    let found: Vec<_> = duplicates.iter().map(|group| (group.values.clone(), group.count, group.ids.clone())).collect();
    let ids = |ids: &[i32]| ids.iter().copied().map(Bson::from).collect::<Vec<_>>();
    assert_eq!(found, [(doc! { "mail": "a" }, 2, ids(&[1, 3])), (doc! { "mail": "b" }, 3, ids(&[2, 4, 5]))]);
    assert!(error.to_string().contains("3 documents have { \"mail\": \"b\" }: 2, 4, 5"), "{error}");
}

#[tokio::test]
async fn the_lists_are_bounded() {
    let test = database().await;
    let db = test.db();
    let documents = (0..300).map(|id| doc! { "_id": id, "mail": id % 20, "token": id });
    insert_documents(db, "users", documents).await;
    let Err(Error::Indexes { report, .. }) = User::ensure_indexes(db).await else { panic!("duplicates") };
    let groups = &report.failed[0].duplicates;
    assert_eq!((groups.len(), groups[0].count, groups[0].ids.len()), (10, 15, 10));
    assert!(report.to_string().contains(" and 5 more"), "{report}");
}

#[tokio::test]
async fn only_documents_in_the_index_are_listed() {
    let test = database().await;
    let db = test.db();
    let documents = [(1, true), (2, false), (3, true), (4, false)];
    let documents = documents.map(|(id, active)| doc! { "_id": id, "mail": id, "token": 7, "active": active });
    insert_documents(db, "users", documents).await;
    let Err(Error::Indexes { report, .. }) = User::ensure_indexes(db).await else { panic!("duplicates") };
    assert_eq!(report.failed.len(), 1, "{report}");
    assert_eq!(report.failed[0].duplicates[0].ids, [Bson::from(1), Bson::from(3)]);
}

/// A missing field is equal to a null one.
#[tokio::test]
async fn missing_values_are_listed() {
    let test = database().await;
    let db = test.db();
    insert_documents(db, "users", [doc! { "_id": 1 }, doc! { "_id": 2, "mail": Bson::Null }]).await;
    let Err(Error::Indexes { report, .. }) = User::ensure_indexes(db).await else { panic!("duplicates") };
    assert_eq!(report.failed[0].duplicates[0].values, doc! { "mail": Bson::Null });
    assert_eq!(report.failed[0].duplicates[0].ids, [Bson::from(1), Bson::from(2)]);
}

/// A document may have a value twice in its own array.
#[tokio::test]
async fn elements_of_two_documents_are_listed() {
    let test = database().await;
    let db = test.db();
    let items = |codes: &[&str]| codes.iter().map(|code| doc! { "code": *code }).collect::<Vec<Document>>();
    let orders = [(1, items(&["a", "a"])), (2, items(&["b", "c"])), (3, items(&["d", "b"]))];
    insert_documents(db, "orders", orders.map(|(id, items)| doc! { "_id": id, "items": items })).await;
    let Err(Error::Indexes { report, .. }) = Order::ensure_indexes(db).await else { panic!("duplicates") };
    let [group] = report.failed[0].duplicates.as_slice() else { panic!("{report}") };
    assert_eq!((group.values.clone(), group.count), (doc! { "items.code": "b" }, 2));
    assert_eq!(group.ids, [Bson::from(2), Bson::from(3)]);
}
