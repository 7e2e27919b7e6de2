//! Aggregates by a field.

use std::collections::HashMap;

use earnorm::Error;
use earnorm::prelude::*;
use earnorm_testkit::assert_commands;
use earnorm_tests::{database, insert_documents};

use crate::models::{Author, Book, library};

#[tokio::test]
async fn results_are_grouped_by_a_field() {
    let test = database().await;
    let db = test.db();
    library(db).await;
    let by_author = || Book::find_all().group_by(Book::AUTHOR_ID);
    let counts: HashMap<Option<i64>, u64> = assert_commands!(test.log(), 1, by_author().count(db).await.unwrap());
    assert_eq!(counts, HashMap::from([(Some(1), 2), (Some(2), 1)]));
    let sums: HashMap<Option<i64>, i64> =
        assert_commands!(test.log(), 1, by_author().sum(db, Book::LIKES).await.unwrap());
    assert_eq!(sums, HashMap::from([(Some(1), 10), (Some(2), -1)]));
    let averages: HashMap<Option<i64>, Option<f64>> = by_author().avg(db, Book::SCORE).await.unwrap();
    assert_eq!(averages, HashMap::from([(Some(1), Some(1.0)), (Some(2), None)]));
    let least: HashMap<Option<i64>, Option<i32>> = by_author().min(db, Book::PAGES).await.unwrap();
    assert_eq!(least, HashMap::from([(Some(1), Some(10)), (Some(2), Some(30))]));
    let greatest: HashMap<Option<i64>, Option<String>> = by_author().max(db, Book::TITLE).await.unwrap();
    assert_eq!(greatest[&Some(1)].as_deref(), Some("book 2"));
    let liked =
        Book::find(Book::AUTHOR.filter(Author::RANK.gt(0)).any()).group_by(Book::TITLE).count(db).await.unwrap();
    assert_eq!(liked.len(), 2);
    let none = Book::find(Book::LIKES.gt(5000)).group_by(Book::TITLE).count(db).await.unwrap();
    assert!(none.is_empty());
}

#[tokio::test]
async fn a_handle_and_a_window_are_grouped() {
    let test = database().await;
    let db = test.db();
    let authors = library(db).await;
    let by = authors[0].books().group_by(Book::LIKES).count(db).await.unwrap();
    assert_eq!(by, HashMap::from([(4, 1), (6, 1)]));
    let best =
        Book::find_all().order_by(Book::LIKES.desc()).limit(2).group_by(Book::AUTHOR_ID).count(db).await.unwrap();
    assert_eq!(best, HashMap::from([(Some(1), 2)]));
    let listed = authors[0].listed().skip(1).group_by(Book::ID).sum(db, Book::LIKES).await.unwrap();
    assert_eq!(listed, HashMap::from([(1, 4)]));
}

#[tokio::test]
async fn a_null_and_a_missing_key_are_one_group() {
    let test = database().await;
    let db = test.db();
    let row = |id: i64, key: Option<Option<i64>>| {
        let mut row = doc! { "_id": id, "title": "t", "likes": id, "pages": null };
        if let Some(key) = key {
            row.insert("author_id", key);
        }
        row
    };
    insert_documents(db, "library_books", [row(1, None), row(2, Some(None)), row(4, Some(Some(1)))]).await;
    let sums = Book::find_all().group_by(Book::AUTHOR_ID).sum(db, Book::LIKES).await.unwrap();
    assert_eq!(sums, HashMap::from([(None, 3), (Some(1), 4)]));
    // a field that can't be null
    insert_documents(db, "library_books", [doc! { "_id": 9, "likes": 1 }]).await;
    let error = Book::find_all().group_by(Book::TITLE).count(db).await.unwrap_err();
    assert!(matches!(&error, Error::Decode { model: "Book", field, .. } if field == "title"), "{error}");
}
