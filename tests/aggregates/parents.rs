//! Aggregates of relations for many parents at once.

use std::collections::HashMap;

use earnorm::Error;
use earnorm::prelude::*;
use earnorm_testkit::assert_commands;
use earnorm_tests::database;

use crate::models::{Author, Book, Membership, Note, Novel, author, book, library};

#[tokio::test]
async fn every_kind_of_relation_has_sums_by_parents() {
    let test = database().await;
    let db = test.db();
    let authors = library(db).await;
    let by = |sums: [i64; 3]| HashMap::from([(1, sums[0]), (2, sums[1]), (3, sums[2])]);
    macro_rules! sums {
        ($commands:literal, $relation:expr, $field:expr) => {
            assert_commands!(test.log(), $commands, $relation.sum_by(db, &authors, $field).await.unwrap())
        };
    }
    assert_eq!(sums!(1, Author::BOOKS, Book::LIKES), by([10, -1, 0]));
    assert_eq!(sums!(1, Author::BOOKS.filter(Book::LIKES.gt(4)), Book::LIKES), by([6, 0, 0]));
    assert_eq!(sums!(1, Author::BOOKS.limit(1), Book::LIKES), by([4, -1, 0]));
    assert_eq!(sums!(0, Author::BOOKS.limit(0), Book::LIKES), by([0, 0, 0]));
    assert_eq!(sums!(1, Author::LIKED, Book::LIKES), by([10, 0, 0]));
    assert_eq!(sums!(1, Author::BEST, Book::LIKES), by([10, -1, 0]));
    assert_eq!(sums!(1, Author::BEST.limit(1), Book::LIKES), by([6, -1, 0]));
    assert_eq!(sums!(1, Author::BEST.skip(1), Book::LIKES), by([4, 0, 0]));
    assert_eq!(sums!(1, Author::DEBUT, Book::LIKES), by([4, 0, 0]));
    // twice linked, once counted
    assert_eq!(sums!(2, Author::JOINED, Book::LIKES), by([10, -1, 0]));
    assert_eq!(sums!(2, Author::JOINED.order_by(Book::LIKES.desc()).limit(1), Book::LIKES), by([6, -1, 0]));
    assert_eq!(sums!(1, Author::LISTED, Book::LIKES), by([3, 0, 0]));
    assert_eq!(sums!(1, Author::LISTED.limit(1), Book::LIKES), by([-1, 0, 0]));
    assert_eq!(sums!(1, Author::LISTED.order_by(Book::LIKES.desc()).limit(1), Book::LIKES), by([4, 0, 0]));
    assert_eq!(sums!(1, Author::EDITED, Book::LIKES), by([0, 10, 4]));
    assert_eq!(sums!(1, Author::EDITED.skip(1), Book::LIKES), by([0, 6, 0]));
    assert_eq!(sums!(1, Author::QUOTED, Book::LIKES), by([-1, 0, 5]));
    assert_eq!(sums!(1, Author::TRIBUTES, Note::LIKES), by([5, 0, 0]));
    assert_eq!(sums!(1, Author::NOVELS, Novel::LIKES), by([3, 0, 0]));
    assert_eq!(sums!(1, Author::PUPILS, Author::RANK), by([7, 0, 0]));
    assert_eq!(sums!(1, Author::TEACHER, Author::RANK), by([0, 5, 5]));
    let ranked = Author::RANK.gt(0);
    assert_eq!(sums!(1, Author::BOOKS.filter(Book::AUTHOR.filter(ranked).any()), Book::LIKES), by([10, 0, 0]));
}

#[tokio::test]
async fn parents_without_values_are_in_the_map() {
    let test = database().await;
    let db = test.db();
    let authors = library(db).await;
    let averages = Author::BOOKS.avg_by(db, &authors, Book::SCORE).await.unwrap();
    assert_eq!(averages, HashMap::from([(1, Some(1.0)), (2, None), (3, None)]));
    let least: HashMap<i64, Option<i32>> = Author::BOOKS.min_by(db, &authors, Book::PAGES).await.unwrap();
    assert_eq!(least, HashMap::from([(1, Some(10)), (2, Some(30)), (3, None)]));
    let greatest = Author::JOINED.max_by(db, &authors, Book::TITLE).await.unwrap();
    assert_eq!(greatest[&1].as_deref(), Some("book 2"));
    assert_eq!(greatest[&3], None);
    let counts = Author::BOOKS.count_by(db, &authors).await.unwrap();
    assert_eq!(counts, HashMap::from([(1, 2), (2, 1), (3, 0)]));
    let loaded = Author::find_all().with(Author::BOOKS).all(db).await.unwrap();
    assert_eq!(Author::BOOKS.sum_by(db, &loaded, Book::LIKES).await.unwrap()[&1], 10);
    assert!(Author::BOOKS.sum_by(db, &[] as &[Author], Book::LIKES).await.unwrap().is_empty());
}

#[tokio::test]
async fn one_command_for_every_started_thousand_keys() {
    let test = database().await;
    let db = test.db();
    let authors: Vec<Author> = (0..2100).map(|id| Author { book_ids: vec![id, id + 1], ..author(id) }).collect();
    let books: Vec<Book> = (0..2101).map(|id| Book { editor_ids: vec![id, id + 1], ..book(id, id, id) }).collect();
    Book::insert_many(db, &books).await.unwrap();
    let sums = assert_commands!(test.log(), 3, Author::BOOKS.sum_by(db, &authors, Book::LIKES).await.unwrap());
    assert!(sums.iter().all(|(id, sum)| id == sum));
    let sums = assert_commands!(test.log(), 3, Author::BOOKS.limit(5).max_by(db, &authors, Book::LIKES).await.unwrap());
    assert!(sums.iter().all(|(id, sum)| Some(*id) == *sum));
    let sums = assert_commands!(test.log(), 3, Author::LISTED.sum_by(db, &authors, Book::LIKES).await.unwrap());
    assert!(sums.iter().all(|(id, sum)| 2 * id + 1 == *sum));
    let last = Author::LISTED.order_by(Book::LIKES.desc()).limit(1);
    let sums = assert_commands!(test.log(), 3, last.sum_by(db, &authors, Book::LIKES).await.unwrap());
    assert!(sums.iter().all(|(id, sum)| id + 1 == *sum));
    let sums = assert_commands!(test.log(), 3, Author::EDITED.sum_by(db, &authors, Book::LIKES).await.unwrap());
    assert!(sums.iter().all(|(id, sum)| *sum == (2 * id - 1).max(0)));
}

#[tokio::test]
async fn an_overflow_is_an_error_for_every_kind() {
    let test = database().await;
    let db = test.db();
    let books = [book(1, 1, i64::MAX), book(2, 1, 1), book(3, 2, i64::MIN), book(4, 2, i64::MAX)];
    Book::insert_many(db, &books).await.unwrap();
    let links = [(1, 1, 1), (2, 1, 2), (3, 2, 3), (4, 2, 4)];
    let links: Vec<Membership> =
        links.into_iter().map(|(id, author_id, book_id)| Membership { id, author_id, book_id }).collect();
    Membership::insert_many(db, &links).await.unwrap();
    let authors = [Author { book_ids: vec![1, 2], ..author(1) }, Author { book_ids: vec![3, 4], ..author(2) }];
    for error in [
        Author::BOOKS.sum_by(db, &authors, Book::LIKES).await.unwrap_err(),
        Author::JOINED.sum_by(db, &authors, Book::LIKES).await.unwrap_err(),
        Author::LISTED.sum_by(db, &authors, Book::LIKES).await.unwrap_err(),
        authors[0].listed().sum(db, Book::LIKES).await.unwrap_err(),
    ] {
        assert!(matches!(&error, Error::Overflow { model: "Book", field } if field == "likes"), "{error}");
    }
    let second = &authors[1..];
    assert_eq!(Author::BOOKS.sum_by(db, second, Book::LIKES).await.unwrap()[&2], -1);
    assert_eq!(Author::JOINED.sum_by(db, second, Book::LIKES).await.unwrap()[&2], -1);
    assert_eq!(Author::LISTED.sum_by(db, second, Book::LIKES).await.unwrap()[&2], -1);
}
