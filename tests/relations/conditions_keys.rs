//! Conditions on related documents whose keys a server can't compare, or considers equal when they aren't.

use earnorm::mongodb::bson::Document;
use earnorm::prelude::*;
use earnorm_testkit::assert_commands;
use earnorm_tests::{case_insensitive, database};

/// Stores numbers as text.
mod as_text {
    use std::fmt::Display;

    use earnorm::prelude::*;
    use serde::{Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(n: &impl Display, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(n)
    }
    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<i64, D::Error> {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}

mod all_as_text {
    use earnorm::prelude::*;
    use serde::{Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(numbers: &[i64], to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(numbers.iter().map(ToString::to_string))
    }
    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<i64>, D::Error> {
        let texts = Vec::<String>::deserialize(from)?;
        texts.iter().map(|text| text.parse().map_err(D::Error::custom)).collect()
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(one_to_many, target = "Book", fk = "author_id", back_populates = "author")]
#[relation(many_to_many, name = "readers", target = "Reader", through = "Loan", fk = "author_id")]
struct Author {
    #[serde(rename = "_id")]
    id: i64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(many_to_many, name = "shelves", target = "Shelf", target_ids = "book_ids", back_populates = "books")]
struct Book {
    #[serde(rename = "_id")]
    id: i64,
    pages: i64,
    #[serde(with = "as_text")]
    #[relation(many_to_one, target = "Author", back_populates = "books")]
    author_id: i64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Shelf {
    #[serde(rename = "_id")]
    id: i64,
    #[serde(with = "all_as_text")]
    #[relation(many_to_many, target = "Book", back_populates = "shelves")]
    book_ids: Vec<i64>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, Model)]
struct Loan {
    #[serde(rename = "_id")]
    id: i64,
    author_id: i64,
    #[serde(with = "as_text")]
    reader_id: i64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Reader {
    #[serde(rename = "_id")]
    id: i64,
}

#[tokio::test]
async fn keys_with_their_own_encoder_are_read_first() {
    let test = database().await;
    let db = test.db();
    Author::insert_many(db, &[1, 2, 3].map(|id| Author { id })).await.unwrap();
    let book = |id, pages, author_id| Book { id, pages, author_id };
    let books = [book(1, 100, 1), book(2, 900, 2), book(3, 900, 2), book(4, 50, 99)];
    Book::insert_many(db, &books).await.unwrap();
    let shelf = |id, book_ids: &[i64]| Shelf { id, book_ids: book_ids.to_vec() };
    Shelf::insert_many(db, &[shelf(1, &[1, 2, 77]), shelf(2, &[4]), shelf(3, &[])]).await.unwrap();
    Reader::insert_many(db, &[5, 6].map(|id| Reader { id })).await.unwrap();
    let loan = |id, author_id, reader_id| Loan { id, author_id, reader_id };
    Loan::insert_many(db, &[loan(1, 1, 5), loan(2, 2, 66), loan(3, 3, 6)]).await.unwrap();

    macro_rules! found {
        ($commands:literal, $model:ident, $condition:expr) => {{
            let query = $model::find($condition).order_by($model::ID.asc());
            let found = assert_commands!(test, $commands, { query.all(db).await.unwrap() });
            found.iter().map(|one| one.id).collect::<Vec<_>>()
        }};
    }
    let long = || Book::PAGES.gt(500);
    assert_eq!(found!(2, Author, Author::BOOKS.any()), [1, 2]);
    assert_eq!(found!(2, Author, Author::BOOKS.filter(long()).none() & Author::ID.gt(1)), [3]);
    assert_eq!(found!(2, Author, Author::BOOKS.every(long())), [2, 3]);
    assert_eq!(found!(2, Book, Book::AUTHOR.filter(Author::ID.ne(1)).any()), [2, 3]);
    assert_eq!(found!(2, Book, Book::AUTHOR.none()), [4]);
    assert_eq!(found!(2, Shelf, Shelf::BOOKS.filter(long()).any()), [1]);
    assert_eq!(found!(2, Book, Book::SHELVES.filter(Shelf::ID.eq(1)).any()), [1, 2]);
    assert_eq!(found!(2, Author, Author::READERS.any()), [1, 3], "the keys of the link can be joined");
    let nested = Shelf::BOOKS.filter(Book::AUTHOR.filter(Author::READERS.any()).any()).any();
    assert_eq!(found!(4, Shelf, nested.clone()), [1]);
    assert_eq!(found!(5, Shelf, nested | Shelf::BOOKS.filter(Book::PAGES.lt(80)).any()), [1, 2]);

    let writers = || Author::find(Author::BOOKS.any());
    assert_eq!(assert_commands!(test, 2, { writers().count(db).await.unwrap() }), 2);
    assert_eq!(
        assert_commands!(test, 2, { writers().update(db, doc! { "$set": { "writes": true } }).await.unwrap() }),
        2,
        "the update has the keys as its condition"
    );
    let shelves = Shelf::find_all().with(Shelf::BOOKS.filter(Book::AUTHOR.any())).order_by(Shelf::ID.asc());
    let shelves = assert_commands!(test, 3, { shelves.all(db).await.unwrap() });
    assert_eq!(shelves.iter().map(|shelf| shelf.related(Shelf::BOOKS).len()).collect::<Vec<_>>(), [2, 0, 0]);

    assert_eq!(
        Author::find(Author::BOOKS.filter(long()).any()).to_query().unwrap().to_string(),
        "books.find({ \"pages\": { \"$gt\": 500 } }), then authors.find({ \"_id\": { \"$in\": \"`author_id` of books\" } })"
    );
    let collated = Author::find(Author::BOOKS.any()).collation(case_insensitive());
    assert_eq!(
        assert_commands!(test, 0, { collated.all(db).await.unwrap_err().to_string() }),
        "`Author`: a condition on related documents reads keys of `books` first, and a `collation` could match keys that differ; remove it"
    );
}

#[tokio::test]
async fn too_many_keys_for_one_command_are_an_error() {
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
    #[relation(one_to_many, target = "Note", fk = "topic_id", back_populates = "topic")]
    struct Topic {
        #[serde(rename = "_id")]
        id: i64,
    }
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
    struct Note {
        #[serde(rename = "_id")]
        id: i64,
        #[serde(with = "padded")]
        #[relation(many_to_one, target = "Topic", back_populates = "notes")]
        topic_id: i64,
    }
    mod padded {
        use std::fmt::Display;

        use earnorm::prelude::*;
        use serde::{Deserializer, Serializer, de::Error};

        pub(super) fn serialize<S: Serializer>(n: &impl Display, to: S) -> Result<S::Ok, S::Error> {
            to.collect_str(&format_args!("{n:060000}"))
        }
        pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<i64, D::Error> {
            String::deserialize(from)?.parse().map_err(D::Error::custom)
        }
    }
    let test = database().await;
    let db = test.db();
    let topics: Vec<Topic> = (0..2_500).map(|id| Topic { id }).collect();
    Topic::insert_many(db, &topics).await.unwrap();
    Note::insert_many(db, &[3, 4].map(|id| Note { id, topic_id: id })).await.unwrap();
    assert_eq!(Topic::find(Topic::NOTES.any()).count(db).await.unwrap(), 2);
    let some = || Note::find(Note::TOPIC.filter(Topic::ID.lt(100)).any());
    assert_eq!(some().count(db).await.unwrap(), 2);
    let all = Note::find(Note::TOPIC.any());
    assert_eq!(
        all.count(db).await.unwrap_err().to_string(),
        "`Note`: a condition on related documents reads 2500 keys first, too many for a command; add a filter"
    );
}

#[tokio::test]
async fn a_null_id_has_no_related_documents() {
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
    #[relation(one_to_many, target = "Inner", fk = "outer_id", back_populates = "outer")]
    #[relation(many_to_many, name = "others", target = "Inner", target_ids = "outer_ids", back_populates = "outers")]
    struct Outer {
        #[serde(rename = "_id")]
        id: Option<i64>,
    }
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
    struct Inner {
        #[serde(rename = "_id")]
        id: i64,
        #[relation(many_to_one, target = "Outer", back_populates = "inners")]
        outer_id: Option<i64>,
        #[relation(many_to_many, target = "Outer", back_populates = "others")]
        outer_ids: Vec<Option<i64>>,
    }
    let test = database().await;
    let db = test.db();
    let outers = db.collection::<Document>("outers");
    outers.insert_many([doc! { "_id": null }, doc! { "_id": 1_i64 }]).await.unwrap();
    let inners = db.collection::<Document>("inners");
    inners
        .insert_many([
            doc! { "_id": 1_i64, "outer_id": null, "outer_ids": [null, 1_i64] },
            doc! { "_id": 2_i64, "outer_ids": [null] },
            doc! { "_id": 3_i64, "outer_id": 1_i64, "outer_ids": [] },
        ])
        .await
        .unwrap();
    let outer = async |condition: Filter<Outer>| -> Vec<Option<i64>> {
        let query = Outer::find(condition).order_by(Outer::ID.asc());
        query.all(db).await.unwrap().into_iter().map(|outer| outer.id).collect()
    };
    let inner = async |condition: Filter<Inner>| -> Vec<i64> {
        let ids = Inner::collection(db).distinct("_id", doc! {}).await.unwrap();
        let mut found = Vec::new();
        for id in ids.into_iter().filter_map(|id| id.as_i64()) {
            let one = Inner::find(Inner::ID.eq(id)).filter(condition.clone());
            found.extend((one.count(db).await.unwrap() == 1).then_some(id));
        }
        found
    };
    assert_eq!(outer(Outer::INNERS.any()).await, [Some(1)]);
    assert_eq!(outer(Outer::INNERS.none()).await, [None]);
    assert_eq!(outer(Outer::OTHERS.any()).await, [Some(1)], "the other ids of an array with a null still match");
    assert_eq!(outer(Outer::OTHERS.none()).await, [None]);
    assert_eq!(inner(Inner::OUTER.any()).await, [3]);
    assert_eq!(inner(Inner::OUTER.none()).await, [1, 2]);
    assert_eq!(inner(Inner::OUTERS.any()).await, [1]);
}
