//! Aggregates of a query and of a handle.

use earnorm::Error;
use earnorm::mongodb::bson::{DateTime, Decimal128, Document};
use earnorm::prelude::*;
use earnorm_testkit::assert_commands;
use earnorm_tests::{case_insensitive, database, insert_documents};

use crate::models::{Author, Book, Membership, library};

#[tokio::test]
async fn a_query_has_sums_averages_and_extremes() {
    let test = database().await;
    let db = test.db();
    library(db).await;
    assert_commands!(test.log(), 1, assert_eq!(Book::find_all().sum(db, Book::LIKES).await.unwrap(), 9));
    assert_commands!(test.log(), 1, assert_eq!(Book::find_all().avg(db, Book::LIKES).await.unwrap(), Some(3.0)));
    assert_commands!(test.log(), 1, assert_eq!(Book::find_all().min(db, Book::LIKES).await.unwrap(), Some(-1)));
    assert_commands!(test.log(), 1, assert_eq!(Book::find_all().max(db, Book::LIKES).await.unwrap(), Some(6)));
    let short: Option<i32> = Book::find_all().min(db, Book::PAGES).await.unwrap();
    assert_eq!(short, Some(10));
    assert_eq!(Book::find_all().sum(db, Book::PAGES).await.unwrap(), 40_i64);
    assert_eq!(Book::find_all().avg(db, Book::PAGES).await.unwrap(), Some(20.0));
    let scores: f64 = Book::find_all().sum(db, Book::SCORE).await.unwrap();
    assert!((scores - 2.0).abs() < 1e-9);
    assert_eq!(Book::find_all().max(db, Book::SCORE).await.unwrap(), Some(1.5));
    assert_eq!(Book::find_all().max(db, Book::TITLE).await.unwrap().as_deref(), Some("book 3"));
    assert_eq!(Book::find_all().max(db, Book::ID).await.unwrap(), Some(3));
    assert_eq!(Book::with_deleted().max(db, Book::ID).await.unwrap(), Some(4));
    assert_eq!(Book::deleted().count(db).await.unwrap(), 1);
}

#[tokio::test]
async fn filters_joins_orders_and_windows_count() {
    let test = database().await;
    let db = test.db();
    library(db).await;
    let liked = || Book::find(Book::LIKES.gt(0));
    assert_eq!(liked().sum(db, Book::LIKES).await.unwrap(), 10);
    assert_eq!(liked().order_by(Book::LIKES.desc()).limit(1).sum(db, Book::LIKES).await.unwrap(), 6);
    assert_eq!(liked().order_by(Book::LIKES.desc()).skip(1).max(db, Book::LIKES).await.unwrap(), Some(4));
    assert_eq!(liked().limit(0).sum(db, Book::LIKES).await.unwrap(), 0);
    let of_the_ranked = || Book::find(Book::AUTHOR.filter(Author::RANK.gt(0)).any());
    assert_commands!(test.log(), 1, assert_eq!(of_the_ranked().sum(db, Book::LIKES).await.unwrap(), 10));
    assert_eq!(of_the_ranked().skip(1).sum(db, Book::LIKES).await.unwrap(), 6);
    let page = liked().order_by(Book::LIKES.asc());
    let first = page.clone().first(db).await.unwrap().unwrap();
    assert_eq!(page.after(&first).sum(db, Book::LIKES).await.unwrap(), 6);
    // what would be loaded isn't
    assert_commands!(test.log(), 1, assert_eq!(liked().with(Book::AUTHOR).sum(db, Book::LIKES).await.unwrap(), 10));
}

#[tokio::test]
async fn without_a_value_there_is_no_average_and_no_extreme() {
    let test = database().await;
    let db = test.db();
    library(db).await;
    let none = || Book::find(Book::LIKES.gt(5000));
    assert_eq!(none().sum(db, Book::LIKES).await.unwrap(), 0);
    assert_eq!(none().avg(db, Book::LIKES).await.unwrap(), None);
    assert_eq!(none().min(db, Book::LIKES).await.unwrap(), None);
    let unread = || Book::find(Book::PAGES.is_null());
    assert_eq!(unread().sum(db, Book::PAGES).await.unwrap(), 0);
    assert_eq!(unread().avg(db, Book::PAGES).await.unwrap(), None);
    assert_eq!(unread().max(db, Book::PAGES).await.unwrap(), None);
    assert_eq!(unread().max(db, Book::SCORE).await.unwrap(), Some(1.5));
}

#[tokio::test]
async fn a_handle_of_every_kind_has_them() {
    let test = database().await;
    let db = test.db();
    let authors = library(db).await;
    let [first, second, third] = &authors[..] else { panic!("three authors") };
    assert_commands!(test.log(), 1, assert_eq!(first.books().sum(db, Book::LIKES).await.unwrap(), 10));
    assert_eq!(third.books().sum(db, Book::LIKES).await.unwrap(), 0);
    assert_eq!(third.books().max(db, Book::LIKES).await.unwrap(), None);
    assert_eq!(second.liked().sum(db, Book::LIKES).await.unwrap(), 0);
    assert_eq!(first.best().limit(1).sum(db, Book::LIKES).await.unwrap(), 6);
    assert_eq!(first.best().skip(1).sum(db, Book::LIKES).await.unwrap(), 4);
    assert_commands!(test.log(), 2, assert_eq!(first.joined().sum(db, Book::LIKES).await.unwrap(), 10));
    assert_commands!(test.log(), 1, assert_eq!(first.listed().sum(db, Book::LIKES).await.unwrap(), 3));
    // in the order of the array
    assert_commands!(test.log(), 1, assert_eq!(first.listed().limit(1).sum(db, Book::LIKES).await.unwrap(), -1));
    assert_commands!(test.log(), 1, assert_eq!(first.listed().skip(1).sum(db, Book::LIKES).await.unwrap(), 4));
    assert_eq!(first.listed().order_by(Book::LIKES.desc()).limit(1).max(db, Book::LIKES).await.unwrap(), Some(4));
    assert_eq!(second.edited().avg(db, Book::LIKES).await.unwrap(), Some(5.0));
    assert_eq!(third.quoted().sum(db, Book::LIKES).await.unwrap(), 5);
    assert_eq!(first.tributes().sum(db, crate::models::Note::LIKES).await.unwrap(), 5);
    assert_eq!(first.novels().sum(db, crate::models::Novel::LIKES).await.unwrap(), 3);
    assert_eq!(first.pupils().max(db, Author::RANK).await.unwrap(), Some(7));
    let in_transaction = earnorm::transaction(db, async |tx| first.books().sum(tx, Book::LIKES).await);
    assert_eq!(in_transaction.await.unwrap(), 10);
}

#[tokio::test]
async fn long_lists_of_ids_are_sent_in_parts() {
    let test = database().await;
    let db = test.db();
    let ids: Vec<i64> = (0..2500).rev().collect();
    let books: Vec<Book> = ids.iter().map(|id| crate::models::book(*id, 1, id % 10)).collect();
    Book::insert_many(db, &books).await.unwrap();
    let author = Author { book_ids: ids, ..crate::models::author(1) };
    assert_commands!(test.log(), 3, assert_eq!(author.listed().sum(db, Book::LIKES).await.unwrap(), 250 * 45));
    assert_eq!(author.listed().avg(db, Book::LIKES).await.unwrap(), Some(4.5));
    assert_eq!(author.listed().max(db, Book::ID).await.unwrap(), Some(2499));
    assert_eq!(author.listed().limit(1200).min(db, Book::ID).await.unwrap(), Some(1300));
    let titles = author.listed().skip(10).order_by(Book::TITLE.asc()).group_by(Book::LIKES).count(db).await.unwrap();
    assert_eq!(titles.values().sum::<u64>(), 2490);
}

#[tokio::test]
async fn no_documents_are_sent() {
    let test = database().await;
    let db = test.db();
    let books: Vec<Book> =
        (0..50).map(|id| Book { title: "x".repeat(10_000), ..crate::models::book(id, id % 2, 1) }).collect();
    Book::insert_many(db, &books).await.unwrap();
    let links: Vec<Membership> = (0..50).map(|id| Membership { id, author_id: 1, book_id: id }).collect();
    Membership::insert_many(db, &links).await.unwrap();
    let authors = vec![crate::models::author(0), Author { book_ids: (0..50).collect(), ..crate::models::author(1) }];
    let ((), sent) = test
        .log()
        .record(async {
            assert_eq!(authors[1].books().sum(db, Book::LIKES).await.unwrap(), 25);
            assert_eq!(Author::BOOKS.sum_by(db, &authors, Book::LIKES).await.unwrap()[&1], 25);
            assert_eq!(Author::BEST.sum_by(db, &authors, Book::LIKES).await.unwrap()[&1], 2);
            assert_eq!(Author::JOINED.sum_by(db, &authors, Book::LIKES).await.unwrap()[&1], 50);
            assert_eq!(Author::LISTED.limit(20).sum_by(db, &authors, Book::LIKES).await.unwrap()[&1], 20);
        })
        .await;
    // one book is larger
    assert!(sent.reply_bytes() < 10_000, "{} bytes", sent.reply_bytes());
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Sample {
    #[serde(rename = "_id")]
    id: i32,
    small: i32,
    large: i64,
    unsigned: u32,
    float: f64,
    decimal: Option<Decimal128>,
    at: DateTime,
    #[serde(with = "as_text")]
    text: i64,
}

mod as_text {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
    pub(super) fn serialize<S: Serializer>(n: &i64, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&format!("no {n}"))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<i64, D::Error> {
        let text = String::deserialize(from)?;
        text.trim_start_matches("no ").parse().map_err(Error::custom)
    }
}

fn sample(id: i32, large: i64) -> Sample {
    Sample {
        id,
        small: i32::MAX,
        large,
        unsigned: u32::MAX,
        float: 0.25,
        decimal: (id > 0).then(|| format!("{id}.10").parse().unwrap()),
        at: DateTime::from_millis(id.into()),
        text: id.into(),
    }
}

#[tokio::test]
async fn integers_add_up_to_a_long_or_an_error() {
    let test = database().await;
    let db = test.db();
    Sample::insert_many(db, &[sample(1, i64::MAX), sample(2, 0), sample(3, -5)]).await.unwrap();
    let all = Sample::find_all;
    assert_eq!(all().sum(db, Sample::SMALL).await.unwrap(), 3 * i64::from(i32::MAX));
    assert_eq!(all().sum(db, Sample::UNSIGNED).await.unwrap(), 3 * i64::from(u32::MAX));
    assert_eq!(all().sum(db, Sample::LARGE).await.unwrap(), i64::MAX - 5);
    // the result fits, a part of it doesn't
    Sample::insert_many(db, &[sample(6, i64::MAX), sample(7, -i64::MAX)]).await.unwrap();
    assert_eq!(all().sum(db, Sample::LARGE).await.unwrap(), i64::MAX - 5);
    Sample::find(Sample::ID.gt(5)).delete(db).await.unwrap();
    Sample::insert_many(db, &[sample(4, i64::MAX), sample(5, 7)]).await.unwrap();
    let error = all().sum(db, Sample::LARGE).await.unwrap_err();
    assert!(matches!(&error, Error::Overflow { model: "Sample", field } if field == "large"), "{error}");
    assert_eq!(error.to_string(), "the sum of `Sample::large` doesn't fit into an `i64`");
    let error = all().group_by(Sample::SMALL).sum(db, Sample::LARGE).await.unwrap_err();
    assert!(matches!(error, Error::Overflow { .. }), "{error}");
    // an average has no such limit
    let average = all().avg(db, Sample::LARGE).await.unwrap().unwrap();
    assert!((average / (i64::MAX as f64 * 2.0 / 5.0) - 1.0).abs() < 1e-12, "{average}");
}

#[tokio::test]
async fn every_type_of_number_and_other_values() {
    let test = database().await;
    let db = test.db();
    Sample::insert_many(db, &[sample(0, 0), sample(1, 1), sample(2, 2)]).await.unwrap();
    let all = Sample::find_all;
    assert_eq!(all().sum(db, Sample::DECIMAL).await.unwrap().to_string(), "3.20");
    assert_eq!(all().avg(db, Sample::DECIMAL).await.unwrap().unwrap().to_string(), "1.60");
    assert_eq!(all().max(db, Sample::DECIMAL).await.unwrap().unwrap().to_string(), "2.10");
    assert_eq!(all().max(db, Sample::AT).await.unwrap(), Some(DateTime::from_millis(2)));
    assert_eq!(all().max(db, Sample::TEXT).await.unwrap(), Some(2));
    assert_eq!(all().group_by(Sample::TEXT).count(db).await.unwrap()[&1], 1);
    assert_eq!(all().group_by(Sample::AT).sum(db, Sample::LARGE).await.unwrap()[&DateTime::from_millis(2)], 2);
    // stored as text, which isn't a number
    let error = all().sum(db, Sample::TEXT).await.unwrap_err();
    assert!(matches!(&error, Error::Decode { field, .. } if field == "text"), "{error}");
}

#[tokio::test]
async fn values_that_other_programs_stored() {
    let test = database().await;
    let db = test.db();
    let row = |id: i32, n: Document| {
        let mut row = doc! { "_id": id };
        row.extend(n);
        row
    };
    let rows =
        [doc! { "large": 1_i32 }, doc! { "large": 2_i64 }, doc! { "large": 3.0 }, doc! {}, doc! { "large": null }];
    insert_documents(db, "samples", rows.into_iter().zip(0..).map(|(n, id)| row(id, n))).await;
    assert_eq!(Sample::find_all().sum(db, Sample::LARGE).await.unwrap(), 6);
    assert_eq!(Sample::find_all().avg(db, Sample::LARGE).await.unwrap(), Some(2.0));
    insert_documents(db, "samples", [row(7, doc! { "large": 1.5 })]).await;
    let error = Sample::find_all().sum(db, Sample::LARGE).await.unwrap_err();
    assert!(
        matches!(&error, Error::Decode { model: "Sample", field, id, .. } if field == "large" && **id == 7.into()),
        "{error}"
    );
    insert_documents(db, "samples", [row(6, doc! { "large": "many", "float": 2 })]).await;
    assert!(Sample::find_all().avg(db, Sample::LARGE).await.is_err());
    let two = Sample::find_all().sum(db, Sample::FLOAT).await.unwrap();
    assert!((two - 2.0).abs() < 1e-9);
}

#[tokio::test]
async fn the_collation_of_a_query_counts() {
    let test = database().await;
    let db = test.db();
    let books: Vec<Book> = ["b", "A", "a", "B"]
        .into_iter()
        .zip(0..)
        .map(|(title, id)| Book { title: title.into(), ..crate::models::book(id, 1, 1) })
        .collect();
    Book::insert_many(db, &books).await.unwrap();
    assert_eq!(Book::find_all().min(db, Book::TITLE).await.unwrap().as_deref(), Some("A"));
    let max = Book::find(Book::TITLE.eq("A")).collation(case_insensitive()).count(db).await.unwrap();
    assert_eq!(max, 2);
    let max = Book::find(Book::TITLE.eq("A")).collation(case_insensitive()).sum(db, Book::LIKES).await.unwrap();
    assert_eq!(max, 2);
}
