//! Relations with `lazy_load = false`, which queries of their model load without an include.

use earnorm::Includes;
use earnorm::prelude::*;
use earnorm_testkit::{TestDb, assert_commands};
use earnorm_tests::{STRATEGIES, database};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(one_to_many, target = Book, fk = author_id, lazy_load = false, back_populates = "author")]
#[relation(one_to_many, name = "drafts", target = Book, fk = drafted_by, order_by = [("pages", -1)])]
#[relation(one_to_one, target = Desk, fk = author_id, lazy_load = false)]
pub(crate) struct Author {
    #[serde(rename = "_id")]
    id: i64,
    name: String,
}

/// Loads its author, and an author loads its books.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
pub(crate) struct Book {
    #[serde(rename = "_id")]
    id: i64,
    pages: i64,
    #[relation(many_to_one, target = Author, lazy_load = false, back_populates = "books")]
    author_id: i64,
    drafted_by: Option<i64>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Desk {
    #[serde(rename = "_id")]
    id: i64,
    author_id: i64,
}

/// A target that other modules can't name.
#[allow(unreachable_pub, reason = "a public struct with a private target")]
pub mod shelves {
    use earnorm::prelude::*;

    mod inside {
        use earnorm::prelude::*;

        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
        pub(in crate::eager) struct Secret {
            #[serde(rename = "_id")]
            pub(in crate::eager) id: i64,
            shelf_id: i64,
        }
    }

    /// A public model that loads a private one.
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
    #[relation(one_to_many, target = inside::Secret, fk = shelf_id, lazy_load = false)]
    pub struct Shelf {
        /// Its number.
        #[serde(rename = "_id")]
        pub id: i64,
    }
}

async fn library(test: &TestDb) {
    let db = test.db();
    let authors = [Author { id: 1, name: "Ada".into() }, Author { id: 2, name: "Bo".into() }];
    Author::insert_many(db, &authors).await.unwrap();
    let books: Vec<Book> = (0..5).map(|id| Book { id, pages: id * 10, author_id: 1, drafted_by: Some(2) }).collect();
    Book::insert_many(db, &books).await.unwrap();
    Desk { id: 7, author_id: 2 }.insert(db).await.unwrap();
}

#[tokio::test]
async fn only_queries_load_eager_relations() {
    let test = database().await;
    let db = test.db();
    library(&test).await;
    let all = assert_commands!(test, 3, { Author::find_all().order_by(Author::ID.asc()).all(db).await.unwrap() });
    let books: &[Book] = all[0].related(Author::BOOKS);
    assert_eq!((books.len(), all[1].related(Author::BOOKS).len()), (5, 0));
    assert_eq!(all[1].related(Author::DESK).map(|desk| desk.id), Some(7));
    let ada = assert_commands!(test, 3, { Author::find(Author::NAME.eq("Ada")).one(db).await.unwrap() });
    assert_eq!(ada.related(Author::BOOKS).len(), 5);
    let first =
        assert_commands!(test, 2, { Book::find_all().order_by(Book::ID.desc()).first(db).await.unwrap().unwrap() });
    let author: Option<&Author> = first.related(Book::AUTHOR);
    assert_eq!(author.unwrap().name, "Ada");
    let page = assert_commands!(test, 4, { Author::find_all().page(db, 1, 10).await.unwrap() });
    assert_eq!(page.items[0].related(Author::BOOKS).len(), 5);

    assert_commands!(test, 4, {
        let plain: Author = Author::get(db, 1).await.unwrap().unwrap();
        let plain: Vec<Book> = plain.books().all(db).await.unwrap();
        let plain: Author = plain[0].author().require(db).await.unwrap();
        assert_eq!(<Author as Model>::find(Author::ID.eq(plain.id)).one(db).await.unwrap(), plain);
    });
    assert_commands!(test, 4, {
        assert_eq!(Author::find_all().count(db).await.unwrap(), 2);
        assert!(Author::find(Author::ID.eq(2)).exists(db).await.unwrap());
        assert_eq!(Book::find_all().update(db, Book::PAGES.inc(1)).await.unwrap(), 5);
        assert_eq!(Author::find(Author::ID.eq(2)).delete(db).await.unwrap().deleted(), 1);
    });
}

#[tokio::test]
async fn an_include_replaces_the_eager_relation() {
    let test = database().await;
    let db = test.db();
    library(&test).await;
    for strategy in STRATEGIES {
        let lookup = strategy == Strategy::Lookup;
        let longest = Author::BOOKS.order_by(Book::PAGES.desc()).limit(2).with(Book::AUTHOR);
        let query = Author::find_all().with(Author::DRAFTS).with(longest).with(Author::BOOKS.count());
        let query = query.order_by(Author::ID.asc()).strategy(strategy);
        // authors, their books with authors, drafts, desks and the count
        let authors = assert_commands!(test, if lookup { 1 } else { 6 }, { query.all(db).await.unwrap() });
        let pages: Vec<i64> = authors[0].related(Author::BOOKS).iter().map(|book| book.pages).collect();
        assert_eq!(pages, [40, 30]);
        assert_eq!(authors[0].related(Author::BOOKS)[0].related(Book::AUTHOR).unwrap().name, "Ada");
        assert_eq!((authors[0].count(Author::BOOKS), authors[1].related(Author::DRAFTS).len()), (5, 5));
        let json = serde_json::to_value(&authors[0]).unwrap();
        assert_eq!(json["books"].as_array().unwrap().len(), 2);
        assert_eq!(json["desk"], serde_json::Value::Null);

        let query = Author::find_all().with(false.then_some(Author::BOOKS)).strategy(strategy);
        let authors = assert_commands!(test, if lookup { 1 } else { 2 }, { query.all(db).await.unwrap() });
        assert!(authors[0].related(Author::BOOKS).is_none());
    }
}

fn pages<L: Includes<earnorm::relation!(Author, books), Value = Vec<Book>>>(author: &Loaded<Author, L>) -> i64 {
    author.related(Author::BOOKS).iter().map(|book| book.pages).sum()
}

#[tokio::test]
async fn eager_relations_work_with_functions_streams_and_private_targets() {
    let test = database().await;
    let db = test.db();
    library(&test).await;
    let mut rows = Author::find_all().order_by(Author::ID.asc()).stream(db);
    assert_eq!(pages(&rows.next().await.unwrap().unwrap()), 100);
    shelves::Shelf { id: 1 }.insert(db).await.unwrap();
    let shelves = shelves::Shelf::find_all().all(db).await.unwrap();
    assert!(shelves[0].related(shelves::Shelf::SECRETS).iter().all(|secret| secret.id == 0));
    let send = |future: earnorm::BoxFuture<'static, ()>| drop(future);
    let own = db.clone();
    send(Box::pin(async move { drop(Author::find_all().all(&own).await) }));
}
