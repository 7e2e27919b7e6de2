//! A library with every kind of relation.

use earnorm::Deletion;
use earnorm::mongodb::Database;
use earnorm::mongodb::bson::DateTime;
use earnorm::prelude::*;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(one_to_many, target = Book, fk = author_id, back_populates = author)]
#[relation(one_to_many, name = liked, target = Book, fk = author_id, filter = doc! { "likes": { "$gte": 1 } })]
#[relation(one_to_many, name = best, target = Book, fk = author_id, order_by = [("likes", -1)], limit = 2)]
#[relation(one_to_one, name = debut, target = Book, fk = debut_of, back_populates = debutant)]
#[relation(many_to_many, name = joined, target = Book, through = Membership)]
#[relation(many_to_many, name = edited, target = Book, target_ids = editor_ids, back_populates = editors)]
#[relation(many_to_many, name = quoted, target = Book, target_ids = quotes.author_id)]
#[relation(one_to_many, name = tributes, target = Note, fk = subject)]
#[relation(one_to_many, name = novels, target = Novel, fk = writer_id)]
#[relation(one_to_many, name = pupils, target = Author, fk = teacher_id, back_populates = teacher)]
pub(crate) struct Author {
    #[serde(rename = "_id")]
    pub(crate) id: i64,
    pub(crate) rank: Option<i64>,
    #[serde(default)]
    #[relation(many_to_many, name = listed, target = Book)]
    pub(crate) book_ids: Vec<i64>,
    #[relation(many_to_one, target = Author)]
    pub(crate) teacher_id: Option<i64>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[model(collection = "library_books")]
#[relation(one_to_many, target = Note, fk = subject)]
pub(crate) struct Book {
    #[serde(rename = "_id")]
    pub(crate) id: i64,
    pub(crate) title: String,
    pub(crate) likes: i64,
    pub(crate) pages: Option<i32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) score: Option<f64>,
    #[relation(many_to_one, target = Author)]
    pub(crate) author_id: Option<i64>,
    #[relation(one_to_one, name = debutant, target = Author)]
    pub(crate) debut_of: Option<i64>,
    #[serde(default)]
    #[relation(many_to_many, target = Author)]
    pub(crate) editor_ids: Vec<i64>,
    #[model(embedded)]
    #[serde(default)]
    pub(crate) quotes: Vec<Quote>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[model(soft_delete)]
    pub(crate) deleted: Option<Deletion>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Embedded)]
pub(crate) struct Quote {
    #[relation(many_to_one, target = Author)]
    pub(crate) author_id: i64,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, Model)]
#[model(collection = "library_memberships")]
pub(crate) struct Membership {
    #[serde(rename = "_id")]
    pub(crate) id: i64,
    pub(crate) author_id: i64,
    pub(crate) book_id: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, Reference)]
#[serde(tag = "type", content = "id")]
pub(crate) enum Subject {
    Author(i64),
    Book(i64),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[model(collection = "library_notes")]
pub(crate) struct Note {
    #[serde(rename = "_id")]
    pub(crate) id: i64,
    pub(crate) likes: i64,
    #[relation(many_to_one)]
    pub(crate) subject: Subject,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[serde(tag = "kind", rename = "novel")]
#[model(collection = "library_works")]
pub(crate) struct Novel {
    #[serde(rename = "_id")]
    pub(crate) id: i64,
    pub(crate) likes: i64,
    #[relation(many_to_one, target = Author)]
    pub(crate) writer_id: i64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[serde(tag = "kind", rename = "poem")]
#[model(collection = "library_works")]
pub(crate) struct Poem {
    #[serde(rename = "_id")]
    pub(crate) id: i64,
    pub(crate) likes: i64,
    #[relation(many_to_one, target = Author)]
    pub(crate) writer_id: i64,
}

pub(crate) fn author(id: i64) -> Author {
    Author { id, rank: None, book_ids: Vec::new(), teacher_id: None }
}

pub(crate) fn book(id: i64, author_id: i64, likes: i64) -> Book {
    Book {
        id,
        title: format!("book {id}"),
        likes,
        pages: None,
        score: None,
        author_id: Some(author_id),
        debut_of: None,
        editor_ids: Vec::new(),
        quotes: Vec::new(),
        deleted: None,
    }
}

pub(crate) fn deletion() -> Option<Deletion> {
    let mark = doc! { "id": ObjectId::new(), "at": DateTime::now() };
    Some(earnorm::mongodb::bson::from_document(mark).unwrap())
}

/// Three authors: the first has three books, one of them deleted, the second has one, the third has none.
pub(crate) async fn library(db: &Database) -> Vec<Author> {
    let authors = vec![
        Author { book_ids: vec![3, 1, 1, 99], rank: Some(5), ..author(1) },
        Author { teacher_id: Some(1), ..author(2) },
        Author { teacher_id: Some(1), rank: Some(7), ..author(3) },
    ];
    Author::insert_many(db, &authors).await.unwrap();
    let books = vec![
        Book { pages: Some(10), score: Some(0.5), editor_ids: vec![2, 3], debut_of: Some(1), ..book(1, 1, 4) },
        Book {
            score: Some(1.5),
            editor_ids: vec![2],
            quotes: vec![Quote { author_id: 3 }, Quote { author_id: 3 }],
            ..book(2, 1, 6)
        },
        Book { pages: Some(30), quotes: vec![Quote { author_id: 3 }, Quote { author_id: 1 }], ..book(3, 2, -1) },
        Book { likes: 1000, editor_ids: vec![1, 2, 3], deleted: deletion(), ..book(4, 1, 0) },
    ];
    Book::insert_many(db, &books).await.unwrap();
    let links = [(1, 1, 1), (2, 1, 1), (3, 1, 2), (4, 2, 3), (5, 2, 99), (6, 1, 4)];
    let links: Vec<Membership> =
        links.into_iter().map(|(id, author_id, book_id)| Membership { id, author_id, book_id }).collect();
    Membership::insert_many(db, &links).await.unwrap();
    let notes = [(1, Subject::Author(1)), (2, Subject::Book(1)), (4, Subject::Author(1)), (8, Subject::Book(3))];
    let notes: Vec<Note> = notes.into_iter().map(|(id, subject)| Note { id, likes: id, subject }).collect();
    Note::insert_many(db, &notes).await.unwrap();
    Novel { id: 1, likes: 3, writer_id: 1 }.insert(db).await.unwrap();
    Poem { id: 2, likes: 100, writer_id: 1 }.insert(db).await.unwrap();
    authors
}
