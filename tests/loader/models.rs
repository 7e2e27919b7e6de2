//! A small shop with a relation of every kind.

use earnorm::mongodb::Database;
use earnorm::prelude::*;
use earnorm_tests::insert_documents;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Reference)]
#[serde(tag = "type", content = "id")]
pub(crate) enum Subject {
    Author(i32),
    Book(i32),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(one_to_many, target = Book, fk = author_id, back_populates = author)]
#[relation(one_to_many, name = "best", target = Book, fk = author_id, order_by = [("sold", -1)], limit = 2)]
#[relation(one_to_one, target = Portrait, fk = author_id, back_populates = author)]
#[relation(many_to_many, target = Award, through = Winner)]
#[relation(many_to_many, name = "helped", target = Book, target_ids = helper_ids)]
#[relation(many_to_many, name = "drawn", target = Book, target_ids = pages.drawn_by_id)]
#[relation(one_to_many, name = "pupils", target = Author, fk = teacher_id, back_populates = teacher)]
#[relation(one_to_many, target = Remark, fk = subject)]
pub(crate) struct Author {
    #[serde(rename = "_id")]
    pub(crate) id: i32,
    pub(crate) name: String,
    #[relation(many_to_one, target = Author, back_populates = pupils)]
    pub(crate) teacher_id: Option<i32>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Embedded)]
pub(crate) struct Page {
    #[relation(many_to_one, target = Author)]
    pub(crate) drawn_by_id: Option<i32>,
    pub(crate) number: i32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
pub(crate) struct Book {
    #[serde(rename = "_id")]
    pub(crate) id: i32,
    pub(crate) sold: i32,
    #[relation(many_to_one, target = Author, back_populates = books)]
    pub(crate) author_id: i32,
    #[relation(many_to_many, target = Author, name = "helpers")]
    pub(crate) helper_ids: Vec<i32>,
    #[model(embedded)]
    pub(crate) pages: Vec<Page>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
pub(crate) struct Portrait {
    #[serde(rename = "_id")]
    pub(crate) id: i32,
    #[relation(one_to_one, target = Author, back_populates = portrait)]
    pub(crate) author_id: i32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(many_to_many, target = Author, through = Winner)]
pub(crate) struct Award {
    #[serde(rename = "_id")]
    pub(crate) id: i32,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, Model)]
pub(crate) struct Winner {
    #[serde(rename = "_id")]
    pub(crate) id: ObjectId,
    #[relation(many_to_one, target = Author)]
    pub(crate) author_id: i32,
    #[relation(many_to_one, target = Award)]
    pub(crate) award_id: i32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
pub(crate) struct Remark {
    #[serde(rename = "_id")]
    pub(crate) id: i32,
    #[relation(many_to_one)]
    pub(crate) subject: Option<Subject>,
}

pub(crate) fn author(id: i32) -> Author {
    Author { id, name: format!("author {id}"), teacher_id: None }
}

pub(crate) fn book(id: i32, author_id: i32, sold: i32) -> Book {
    Book { id, sold, author_id, helper_ids: Vec::new(), pages: Vec::new() }
}

/// `authors` authors with the ids from 0, each with three books: author 1 has the books 10, 11 and 12, with as many sold.
pub(crate) async fn library(db: &Database, authors: i32) -> (Vec<Author>, Vec<Book>) {
    let authors: Vec<Author> = (0..authors).map(author).collect();
    let ids = authors.iter().flat_map(|author| (0..3).map(|n| (author.id * 10 + n, author.id)));
    let books: Vec<Book> = ids.map(|(id, author)| book(id, author, id)).collect();
    Author::insert_many(db, &authors).await.unwrap();
    Book::insert_many(db, &books).await.unwrap();
    (authors, books)
}

/// A book whose `sold` is not a number.
pub(crate) async fn insert_broken_book(db: &Database, id: i32, author_id: i32) {
    let empty: [i32; 0] = [];
    let broken = doc! { "_id": id, "sold": "many", "author_id": author_id, "helper_ids": empty.to_vec(), "pages": [] };
    insert_documents(db, "books", [broken]).await;
}
