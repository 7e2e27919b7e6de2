//! Numbers of related documents as conditions and orders: commands, combinations and refusals.

use earnorm::Error;
use earnorm::prelude::*;
use earnorm_testkit::{TestDb, assert_commands};
use earnorm_tests::{case_insensitive, database};

use crate::models::{Author, Book, Note, library};

async fn ids(test: &TestDb, filter: Filter<Author>) -> Vec<i64> {
    let found = Author::find(filter).order_by(Author::ID.asc()).all(test.db()).await.unwrap();
    found.iter().map(|author| author.id).collect()
}

#[tokio::test]
async fn every_kind_of_relation_is_counted() {
    let test = database().await;
    library(test.db()).await;
    assert_eq!(assert_commands!(test.log(), 1, ids(&test, Author::BOOKS.count().gt(1)).await), [1]);
    assert_eq!(ids(&test, Author::BOOKS.count().lt(1)).await, [3]);
    assert_eq!(ids(&test, Author::BOOKS.count().lt(0)).await, [0_i64; 0]);
    assert_eq!(ids(&test, Author::BOOKS.count().gt(u64::MAX)).await, [0_i64; 0]);
    assert_eq!(ids(&test, Author::BOOKS.count().gte(0)).await, [1, 2, 3]);
    assert_eq!(ids(&test, Author::BEST.limit(1).count().eq(1)).await, [1, 2]);
    assert_eq!(ids(&test, Author::BOOKS.skip(1).count().eq(1)).await, [1]);
    // two links to one book
    assert_eq!(assert_commands!(test.log(), 1, ids(&test, Author::JOINED.count().eq(2)).await), [1]);
    assert_eq!(ids(&test, Author::JOINED.count().ne(1)).await, [1, 3]);
    assert_eq!(assert_commands!(test.log(), 1, ids(&test, Author::LISTED.count().eq(2)).await), [1]);
    assert_eq!(assert_commands!(test.log(), 1, ids(&test, Author::EDITED.count().gte(1)).await), [2, 3]);
    assert_eq!(assert_commands!(test.log(), 1, ids(&test, Author::TRIBUTES.count().eq(2)).await), [1]);
    assert_eq!(assert_commands!(test.log(), 1, ids(&test, Author::NOVELS.count().eq(1)).await), [1]);
    assert_eq!(ids(&test, Author::PUPILS.count().eq(2)).await, [1]);
    assert_eq!(ids(&test, Author::TEACHER.count().eq(0)).await, [1]);
    // a key in an array of embedded documents can't be joined: its keys are read first
    assert_eq!(assert_commands!(test.log(), 2, ids(&test, Author::QUOTED.count().eq(2)).await), [3]);
    assert_eq!(ids(&test, Author::QUOTED.count().lte(1)).await, [1, 2]);
}

#[tokio::test]
async fn numbers_are_conditions_like_others() {
    let test = database().await;
    let db = test.db();
    library(db).await;
    let one = Author::BOOKS.count().eq(1);
    assert_eq!(ids(&test, one.clone() | Author::RANK.gt(6)).await, [2, 3]);
    assert_eq!(ids(&test, !one.clone() & Author::RANK.gt(0)).await, [1, 3]);
    assert_eq!(ids(&test, one.clone() & Author::EDITED.count().eq(2)).await, [2]);
    let noted = Book::NOTES.count().gte(1);
    assert_eq!(ids(&test, Author::BOOKS.filter(noted.clone()).count().eq(1)).await, [1, 2]);
    assert_eq!(ids(&test, Author::BOOKS.filter(noted.clone()).any()).await, [1, 2]);
    assert_eq!(ids(&test, Author::BOOKS.every(noted)).await, [2, 3]);
    let liked = Author::BOOKS.filter(Book::TITLE.eq("BOOK 1")).count().eq(1);
    assert_eq!(Author::find(liked.clone()).count(db).await.unwrap(), 0);
    assert_eq!(Author::find(liked).collation(case_insensitive()).count(db).await.unwrap(), 1);
    assert_eq!(Author::find(one.clone()).sum(db, Author::TEACHER_ID).await.unwrap(), 1);
    assert_eq!(Author::find(one.clone()).update(db, Author::RANK.set(9)).await.unwrap(), 1);
    assert_eq!(ids(&test, Author::RANK.eq(9)).await, [2]);
    Author::find(one).delete(db).await.unwrap();
    assert_eq!(ids(&test, Filter::default()).await, [1, 3]);
    assert_eq!(Note::find_all().count(db).await.unwrap(), 4);
}

#[tokio::test]
async fn a_number_is_a_sort_key() {
    let test = database().await;
    let db = test.db();
    library(db).await;
    let names = |rows: Vec<Author>| rows.iter().map(|author| author.id).collect::<Vec<_>>();
    let by = || Author::find_all().order_by(Author::BOOKS.count().asc());
    assert_eq!(names(assert_commands!(test.log(), 1, by().all(db).await.unwrap())), [3, 2, 1]);
    assert_eq!(by().first(db).await.unwrap().unwrap().id, 3);
    assert_eq!(by().skip(2).first(db).await.unwrap().unwrap().id, 1);
    let both = Author::find_all().order_by((Author::DEBUT.count().asc(), Author::EDITED.count().desc()));
    assert_eq!(names(both.all(db).await.unwrap()), [2, 3, 1]);
    let page = by().page(db, 2, 2).await.unwrap();
    assert_eq!((page.total, page.items.len(), page.items[0].id), (3, 1, 1));
    let mut stream = by().stream(db);
    assert_eq!(stream.next().await.unwrap().unwrap().id, 3);
    drop(stream);
    // a count needs no order
    assert_commands!(test.log(), 1, assert_eq!(by().count(db).await.unwrap(), 3));
    let found = Author::find(doc! { "_id": { "$gt": 1 } }).order_by(Author::BOOKS.count().desc()).limit(1);
    assert_eq!(found.clone().update(db, Author::RANK.set(1)).await.unwrap(), 1);
    assert_eq!(ids(&test, Author::RANK.eq(1)).await, [2]);
    // the target's number sorts an include and a handle
    let noted = Author::BOOKS.order_by(Book::NOTES.count().asc()).limit(1);
    let rows = Author::find(Author::ID.eq(1)).with(noted.clone()).all(db).await.unwrap();
    assert_eq!(rows[0].related(Author::BOOKS)[0].id, 2);
    assert_eq!(noted.sum_by(db, &rows, Book::LIKES).await.unwrap()[&1], 6);
    let first = rows[0].books().order_by(Book::NOTES.count().desc()).first(db).await.unwrap();
    assert_eq!(first.unwrap().id, 1);
    let listed = rows[0].listed().order_by(Book::EDITORS.count().desc()).all(db).await.unwrap();
    assert_eq!(listed.iter().map(|book| book.id).collect::<Vec<_>>(), [1, 3]);
}

#[tokio::test]
async fn what_cannot_be_sorted_by_a_number_is_refused() {
    let test = database().await;
    let db = test.db();
    let authors = library(db).await;
    let by = Author::find_all().order_by(Author::BOOKS.count().asc());
    let (error, sent) = test.log().record(by.after(&authors[0]).all(db)).await;
    let error = error.unwrap_err();
    assert!(matches!(error, Error::Invalid { model: "Author", value: false, .. }), "{error}");
    assert!(error.to_string().contains("`after` can't page by a number of related documents"), "{error}");
    assert!(sent.is_empty());
    let error = Author::find_all().order_by(Author::QUOTED.count().desc()).all(db).await.unwrap_err();
    assert!(error.to_string().contains("the server can't sort by the number of `quoted`"), "{error}");
}

#[tokio::test]
async fn many_keys_are_sorted_by_the_server() {
    let test = database().await;
    let db = test.db();
    let books: Vec<Book> = (0..1500).map(|id| crate::models::book(id, 1, 0)).collect();
    Book::insert_many(db, &books).await.unwrap();
    let notes = [1400, 1400, 3].into_iter().zip(0..);
    let notes: Vec<Note> =
        notes.map(|(to, id)| Note { id, likes: 0, subject: crate::models::Subject::Book(to) }).collect();
    Note::insert_many(db, &notes).await.unwrap();
    let author = Author { book_ids: (0..1500).collect(), ..crate::models::author(1) };
    author.clone().insert(db).await.unwrap();
    let by = author.listed().order_by(Book::NOTES.count().desc()).all(db).await.unwrap();
    assert_eq!((by.len(), by[0].id, by[1].id, by[2].id), (1500, 1400, 3, 0));
    let include = Author::LISTED.order_by(Book::NOTES.count().desc());
    let rows = Author::find_all().with(include).all(db).await.unwrap();
    let found: Vec<i64> = rows[0].related(Author::LISTED).iter().map(|book| book.id).collect();
    assert_eq!((found.len(), &found[..3]), (1500, &[1400, 3, 0][..]));
}
