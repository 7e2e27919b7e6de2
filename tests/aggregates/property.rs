//! Random libraries, filters, orders and windows: aggregates equal a fold over the documents that are loaded, numbers of
//! related documents in conditions and orders equal the numbers of loaded ones, for every kind of relation.

use std::collections::HashMap;

use earnorm::mongodb::Database;
use earnorm::mongodb::bson::Document;
use earnorm::prelude::*;
use earnorm_tests::{PropertyTest, STRATEGIES};
use proptest::prelude::{any, prop, prop_oneof};
use proptest::strategy::{Just, Strategy as _};

use crate::models::{Author, Book, Membership, Note, Novel, Poem, Quote, Subject, author, book, deletion};

#[derive(Debug, Clone)]
struct World {
    authors: Vec<Author>,
    books: Vec<Book>,
    links: Vec<(i64, i64)>,
    notes: Vec<(bool, i64, i64)>,
    works: Vec<(bool, i64, i64)>,
}

/// What an include, a handle and a count have in common.
#[derive(Debug, Clone, Copy)]
struct Shape {
    above: Option<i64>,
    with_author: bool,
    descending: Option<bool>,
    skip: Option<u64>,
    limit: Option<u64>,
    number: u64,
}

fn world() -> impl proptest::strategy::Strategy<Value = World> {
    let id = || 1..6_i64;
    let authors = prop::collection::vec(
        (prop::option::of(0..4_i64), prop::collection::vec(1..9_i64, 0..4), prop::option::of(id())),
        1..5,
    );
    let keys = (
        prop::option::of(id()),
        prop::option::of(id()),
        prop::collection::vec(id(), 0..3),
        prop::collection::vec(id(), 0..3),
    );
    let values = (-3..4_i64, prop::option::of(0..9_i32), prop::bool::weighted(0.15));
    let books = prop::collection::vec((keys, values), 0..8);
    let links = prop::collection::vec((id(), 1..9_i64), 0..8);
    let notes = prop::collection::vec((any::<bool>(), id(), -3..4_i64), 0..6);
    let works = prop::collection::vec((any::<bool>(), id(), -3..4_i64), 0..6);
    (authors, books, links, notes, works).prop_map(|(authors, books, links, notes, works)| World {
        authors: authors
            .into_iter()
            .zip(1..)
            .map(|((rank, book_ids, teacher_id), id)| Author { rank, book_ids, teacher_id, ..author(id) })
            .collect(),
        books: books
            .into_iter()
            .zip(1..)
            .map(|(((author_id, debut_of, editor_ids, quotes), (likes, pages, deleted)), id)| Book {
                author_id,
                debut_of,
                editor_ids,
                quotes: quotes.into_iter().map(|author_id| Quote { author_id }).collect(),
                pages,
                deleted: if deleted { deletion() } else { None },
                ..book(id, 0, likes)
            })
            .collect(),
        links,
        notes,
        works,
    })
}

fn shape() -> impl proptest::strategy::Strategy<Value = Shape> {
    let small = |n: u64| prop_oneof![1 => Just(None), 1 => (0..n).prop_map(Some)];
    (
        prop::option::of(-2..3_i64),
        prop::bool::weighted(0.2),
        prop::option::of(any::<bool>()),
        small(3),
        small(4),
        0..4_u64,
    )
        .prop_map(|(above, with_author, descending, skip, limit, number)| Shape {
            above,
            with_author,
            descending,
            skip,
            limit,
            number,
        })
}

async fn store(db: &Database, world: &World) {
    for collection in ["authors", "library_books", "library_memberships", "library_notes", "library_works"] {
        db.collection::<Document>(collection).delete_many(doc! {}).await.unwrap();
    }
    Author::insert_many(db, &world.authors).await.unwrap();
    Book::insert_many(db, &world.books).await.unwrap();
    let links: Vec<_> = world
        .links
        .iter()
        .zip(0..)
        .map(|((author_id, book_id), id)| Membership { id, author_id: *author_id, book_id: *book_id })
        .collect();
    Membership::insert_many(db, &links).await.unwrap();
    let notes: Vec<_> = world
        .notes
        .iter()
        .zip(0..)
        .map(|((of_author, to, likes), id)| Note {
            id,
            likes: *likes,
            subject: if *of_author { Subject::Author(*to) } else { Subject::Book(*to) },
        })
        .collect();
    Note::insert_many(db, &notes).await.unwrap();
    for ((novel, writer_id, likes), id) in world.works.iter().zip(0..) {
        let (writer_id, likes) = (*writer_id, *likes);
        if *novel {
            Novel { id, likes, writer_id }.insert(db).await.unwrap();
        } else {
            Poem { id, likes, writer_id }.insert(db).await.unwrap();
        }
    }
}

fn mean(of: &[i64]) -> Option<f64> {
    (!of.is_empty()).then(|| of.iter().sum::<i64>() as f64 / of.len() as f64)
}

/// Applies the order and the window to an include or a handle.
macro_rules! windowed {
    ($include:expr, $shape:expr, $field:expr) => {{
        let mut include = $include;
        if let Some(descending) = $shape.descending {
            include = include.order_by(if descending { $field.desc() } else { $field.asc() });
        }
        if let Some(skip) = $shape.skip {
            include = include.skip(skip);
        }
        if let Some(limit) = $shape.limit {
            include = include.limit(limit);
        }
        include
    }};
}

/// Compares everything that a relation can compute with what it loads.
macro_rules! check {
    ($db:expr, $shape:expr, $source:ident, $relation:expr, $field:expr, $number:expr, $filter:expr) => {
        check!(@values $db, $shape, $source, $relation, $field, $number, $filter);
        let (db, shape) = ($db, $shape);
        for strategy in STRATEGIES {
            let include = windowed!($relation.filter($filter), shape, $field);
            let rows = $source::find_all().with(include.clone()).order_by($source::ID.asc()).strategy(strategy).all(db).await.unwrap();
            let numbers: HashMap<i64, u64> =
                rows.iter().map(|row| (row.id, row.related($relation).len() as u64)).collect();
            let parents: Vec<&$source> = rows.iter().map(|row| &**row).collect();
            let n = shape.number;
            let having = |test: &dyn Fn(u64) -> bool| -> Vec<i64> {
                parents.iter().map(|p| p.id).filter(|id| test(numbers[id])).collect()
            };
            macro_rules! number {
                ($condition:expr, $test:expr) => {{
                    let found = $source::find($condition).order_by($source::ID.asc()).all(db).await.unwrap();
                    let found: Vec<i64> = found.iter().map(|row| row.id).collect();
                    assert_eq!(found, having(&$test), "{}", stringify!($condition));
                }};
            }
            number!(include.clone().count().gt(n), |m| m > n);
            number!(include.clone().count().gte(n), |m| m >= n);
            number!(include.clone().count().lt(n), |m| m < n);
            number!(include.clone().count().lte(n), |m| m <= n);
            number!(include.clone().count().eq(n), |m| m == n);
            number!(include.clone().count().ne(n), |m| m != n);
        }
    };
    (@values $db:expr, $shape:expr, $source:ident, $relation:expr, $field:expr, $number:expr, $filter:expr) => {{
        let (db, shape) = ($db, $shape);
        let include = windowed!($relation.filter($filter), shape, $field);
        for strategy in STRATEGIES {
            let rows = $source::find_all().with(include.clone()).strategy(strategy).all(db).await.unwrap();
            let sums = include.sum_by(db, &rows, $field).await.unwrap();
            let averages = include.avg_by(db, &rows, $field).await.unwrap();
            let least = include.min_by(db, &rows, $field).await.unwrap();
            let greatest = include.max_by(db, &rows, $field).await.unwrap();
            let counts = include.count_by(db, &rows).await.unwrap();
            assert_eq!(sums.len(), rows.len());
            for row in &rows {
                let related = row.related($relation);
                let values: Vec<i64> = related.iter().filter_map($number).collect();
                let name = stringify!($relation);
                assert_eq!(sums[&row.id], values.iter().sum::<i64>(), "{name} of {}", row.id);
                assert_eq!(averages[&row.id], mean(&values), "{name} of {}", row.id);
                assert_eq!(least[&row.id], values.iter().copied().min(), "{name} of {}", row.id);
                assert_eq!(greatest[&row.id], values.iter().copied().max(), "{name} of {}", row.id);
                assert_eq!(counts[&row.id], related.len() as u64, "{name} of {}", row.id);
            }
        }
    }};
}

/// Compares the order by the number of related documents with the numbers of loaded ones.
macro_rules! check_order {
    ($db:expr, $shape:expr, $source:ident, $relation:expr, $field:expr, $filter:expr) => {{
        let (db, shape) = ($db, $shape);
        let include = windowed!($relation.filter($filter), shape, $field);
        let rows = $source::find_all().with(include.clone()).all(db).await.unwrap();
        let mut expected: Vec<(u64, i64)> =
            rows.iter().map(|row| (row.related($relation).len() as u64, row.id)).collect();
        expected.sort_by_key(|(n, id)| (std::cmp::Reverse(*n), *id));
        let expected: Vec<i64> = expected.into_iter().map(|(_, id)| id).collect();
        for strategy in STRATEGIES {
            let sorted =
                $source::find_all().order_by(include.clone().count().desc()).strategy(strategy).with($relation);
            let ids = |rows: Vec<i64>| rows;
            let all = ids(sorted.clone().all(db).await.unwrap().iter().map(|row| row.id).collect());
            assert_eq!(all, expected, "{}", stringify!($relation));
            let some = sorted.skip(1).limit(2).all(db).await.unwrap();
            let some: Vec<i64> = some.iter().map(|row| row.id).collect();
            assert_eq!(some, expected.iter().copied().skip(1).take(2).collect::<Vec<_>>());
        }
    }};
}

fn books(shape: Shape) -> Filter<Book> {
    let above: Filter<Book> = shape.above.map(|n| Book::LIKES.gt(n)).into();
    let ranked: Filter<Book> = shape.with_author.then(|| Book::AUTHOR.filter(Author::RANK.gt(0)).any()).into();
    above & ranked
}

fn authors(shape: Shape) -> Filter<Author> {
    let above: Filter<Author> = shape.above.map(|n| Author::RANK.gt(n)).into();
    let several: Filter<Author> = shape.with_author.then(|| Author::BOOKS.count().gte(1)).into();
    above & several
}

fn likes(book: &Book) -> Option<i64> {
    Some(book.likes)
}

#[test]
fn aggregates_equal_a_fold_over_loaded_documents() {
    let test = PropertyTest::new(24);
    test.run(&(world(), shape()), async |db, (world, shape)| {
        store(db, &world).await;
        check!(db, shape, Author, Author::BOOKS, Book::LIKES, likes, books(shape));
        check!(db, shape, Author, Author::LIKED, Book::LIKES, likes, books(shape));
        check!(db, shape, Author, Author::BEST, Book::LIKES, likes, books(shape));
        check!(db, shape, Author, Author::JOINED, Book::LIKES, likes, books(shape));
        check!(db, shape, Author, Author::LISTED, Book::LIKES, likes, books(shape));
    });
}

#[test]
fn aggregates_by_arrays_embedded_keys_references_and_kinds() {
    let test = PropertyTest::new(24);
    test.run(&(world(), shape()), async |db, (world, shape)| {
        store(db, &world).await;
        check!(db, shape, Author, Author::EDITED, Book::LIKES, likes, books(shape));
        check!(db, shape, Author, Author::QUOTED, Book::LIKES, likes, books(shape));
        let notes = || -> Filter<Note> { shape.above.map(|n| Note::LIKES.gt(n)).into() };
        check!(db, shape, Author, Author::TRIBUTES, Note::LIKES, |note: &Note| Some(note.likes), notes());
        let novels = || -> Filter<Novel> { shape.above.map(|n| Novel::LIKES.gt(n)).into() };
        check!(db, shape, Author, Author::NOVELS, Novel::LIKES, |novel: &Novel| Some(novel.likes), novels());
        check!(db, shape, Author, Author::PUPILS, Author::RANK, |pupil: &Author| pupil.rank, authors(shape));
        check!(db, shape, Book, Book::EDITORS, Author::RANK, |author: &Author| author.rank, authors(shape));
    });
}

#[test]
fn documents_are_sorted_by_the_number_of_related_ones() {
    let test = PropertyTest::new(24);
    test.run(&(world(), shape()), async |db, (world, shape)| {
        store(db, &world).await;
        check_order!(db, shape, Author, Author::BOOKS, Book::LIKES, books(shape));
        check_order!(db, shape, Author, Author::BEST, Book::LIKES, books(shape));
        check_order!(db, shape, Author, Author::JOINED, Book::LIKES, books(shape));
        check_order!(db, shape, Author, Author::LISTED, Book::LIKES, books(shape));
        check_order!(db, shape, Author, Author::EDITED, Book::LIKES, books(shape));
        check_order!(db, shape, Author, Author::PUPILS, Author::RANK, authors(shape));
        check_order!(db, shape, Book, Book::EDITORS, Author::RANK, authors(shape));
    });
}

#[test]
fn a_handle_aggregates_what_it_loads() {
    let test = PropertyTest::new(24);
    test.run(&(world(), shape()), async |db, (world, shape)| {
        store(db, &world).await;
        macro_rules! handle {
            ($handle:expr) => {{
                let handle = windowed!($handle.filter(books(shape)), shape, Book::LIKES);
                let loaded: Vec<i64> = handle.clone().all(db).await.unwrap().iter().map(|book| book.likes).collect();
                assert_eq!(handle.clone().sum(db, Book::LIKES).await.unwrap(), loaded.iter().sum::<i64>());
                assert_eq!(handle.clone().avg(db, Book::LIKES).await.unwrap(), mean(&loaded));
                assert_eq!(handle.clone().max(db, Book::LIKES).await.unwrap(), loaded.iter().copied().max());
                let groups = handle.clone().group_by(Book::LIKES).count(db).await.unwrap();
                let mut expected = HashMap::new();
                for likes in &loaded {
                    *expected.entry(*likes).or_insert(0) += 1;
                }
                assert_eq!(groups, expected);
            }};
        }
        for author in &world.authors {
            handle!(author.books());
            handle!(author.best());
            handle!(author.joined());
            handle!(author.listed());
            handle!(author.edited());
            handle!(author.quoted());
        }
    });
}

#[test]
fn relations_to_one_document_count_it() {
    let test = PropertyTest::new(24);
    test.run(&(world(), shape()), async |db, (world, shape)| {
        store(db, &world).await;
        let filter = || books(shape);
        for strategy in STRATEGIES {
            let include = Author::DEBUT.filter(filter());
            let rows = Author::find_all().with(include.clone()).strategy(strategy).all(db).await.unwrap();
            let sums = include.sum_by(db, &rows, Book::LIKES).await.unwrap();
            for row in &rows {
                assert_eq!(sums[&row.id], row.related(Author::DEBUT).map_or(0, |book| book.likes));
            }
            let include = Book::AUTHOR.filter(authors(shape));
            let rows = Book::find_all()
                .with(include.clone())
                .order_by(Book::ID.asc())
                .strategy(strategy)
                .all(db)
                .await
                .unwrap();
            let greatest = include.max_by(db, &rows, Author::RANK).await.unwrap();
            let with: Vec<i64> =
                rows.iter().filter(|row| row.related(Book::AUTHOR).is_some()).map(|row| row.id).collect();
            for row in &rows {
                assert_eq!(greatest[&row.id], row.related(Book::AUTHOR).and_then(|author| author.rank));
            }
            let having = |filter| async move {
                let found = Book::find(filter).order_by(Book::ID.asc()).all(db).await.unwrap();
                found.iter().map(|book| book.id).collect::<Vec<_>>()
            };
            assert_eq!(having(include.clone().count().eq(1)).await, with);
            let without: Vec<i64> = rows.iter().map(|row| row.id).filter(|id| !with.contains(id)).collect();
            assert_eq!(having(include.clone().count().lt(1)).await, without);
        }
    });
}
