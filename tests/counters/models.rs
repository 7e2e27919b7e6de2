//! Models with counters on every kind of relation that can have one.

use earnorm::Deletion;
use earnorm::mongodb::bson::DateTime;
use earnorm::prelude::*;

/// A key that can be null, and a rule that deletes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(one_to_many, target = Post, fk = author_id, counter = post_count, touch = active, on_delete = "set_null")]
#[relation(one_to_many, target = Badge, fk = owner_id, on_delete = "restrict")]
pub(crate) struct Author {
    #[serde(rename = "_id")]
    pub(crate) id: i32,
    pub(crate) name: String,
    #[model(updated_at)]
    pub(crate) updated: DateTime,
    #[model(version)]
    pub(crate) rev: i64,
    #[serde(rename = "posts")]
    pub(crate) post_count: i64,
    pub(crate) active: Option<DateTime>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(one_to_many, target = Comment, fk = post_id, counter = comment_count, cascade_delete)]
#[index(slug, unique)]
#[model(collection = "articles")]
pub(crate) struct Post {
    #[serde(rename = "_id")]
    pub(crate) id: i32,
    pub(crate) slug: String,
    pub(crate) author_id: Option<i32>,
    pub(crate) likes: Option<i32>,
    pub(crate) comment_count: i32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[model(collection = "replies")]
pub(crate) struct Comment {
    #[serde(rename = "_id")]
    pub(crate) id: i32,
    #[relation(many_to_one, target = Post)]
    pub(crate) post_id: i32,
}

/// It blocks the delete of its owner.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
pub(crate) struct Badge {
    #[serde(rename = "_id")]
    pub(crate) id: i32,
    pub(crate) owner_id: i32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(many_to_many, target = Course, through = Enrollment, counter = course_count)]
pub(crate) struct Student {
    #[serde(rename = "_id")]
    pub(crate) id: i32,
    #[serde(default)]
    pub(crate) course_count: i64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(many_to_many, target = Student, through = Enrollment, counter = student_count, touch = changed)]
pub(crate) struct Course {
    #[serde(rename = "_id")]
    pub(crate) id: i32,
    #[serde(default)]
    pub(crate) student_count: i64,
    pub(crate) changed: Option<DateTime>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, Model)]
pub(crate) struct Enrollment {
    #[serde(rename = "_id")]
    pub(crate) id: ObjectId,
    pub(crate) student_id: i32,
    pub(crate) course_id: i32,
    pub(crate) grade: i32,
}

/// Ids in an array, counted on both sides.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(many_to_many, target = Club, ids = club_ids, counter = club_count)]
pub(crate) struct Member {
    #[serde(rename = "_id")]
    pub(crate) id: i32,
    pub(crate) club_ids: Vec<i32>,
    #[serde(default)]
    pub(crate) club_count: i64,
    #[model(updated_at)]
    pub(crate) updated: DateTime,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(many_to_many, target = Member, target_ids = club_ids, counter = member_count)]
pub(crate) struct Club {
    #[serde(rename = "_id")]
    pub(crate) id: i32,
    #[serde(default)]
    pub(crate) member_count: i64,
}

/// Keys in embedded documents.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(many_to_many, name = "orders", target = Order, target_ids = "lines.product_id", counter = order_count)]
pub(crate) struct Product {
    #[serde(rename = "_id")]
    pub(crate) id: i32,
    #[serde(default)]
    pub(crate) order_count: i64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
pub(crate) struct Order {
    #[serde(rename = "_id")]
    pub(crate) id: i32,
    #[model(embedded)]
    pub(crate) lines: Vec<Line>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Embedded)]
pub(crate) struct Line {
    #[relation(many_to_one, target = Product, on_delete = "pull")]
    pub(crate) product_id: i32,
}

/// Deletes that can be restored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(one_to_many, target = Note, fk = writer_id, counter = note_count, cascade_delete)]
pub(crate) struct Writer {
    #[serde(rename = "_id")]
    pub(crate) id: i32,
    #[serde(default)]
    pub(crate) note_count: i64,
    #[model(soft_delete)]
    pub(crate) deleted: Option<Deletion>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
pub(crate) struct Note {
    #[serde(rename = "_id")]
    pub(crate) id: i32,
    pub(crate) writer_id: i32,
    #[model(soft_delete)]
    pub(crate) deleted: Option<Deletion>,
}

pub(crate) fn author(id: i32) -> Author {
    // what is written here by hand is replaced by the insert
    Author { id, name: id.to_string(), updated: DateTime::MIN, rev: 7, post_count: 7, active: None }
}

pub(crate) fn post(id: i32, author_id: impl Into<Option<i32>>) -> Post {
    Post { id, slug: id.to_string(), author_id: author_id.into(), likes: None, comment_count: 7 }
}

pub(crate) fn student(id: i32) -> Student {
    Student { id, course_count: 0 }
}

pub(crate) fn course(id: i32) -> Course {
    Course { id, student_count: 0, changed: None }
}

pub(crate) fn member(id: i32, club_ids: &[i32]) -> Member {
    Member { id, club_ids: club_ids.to_vec(), club_count: 7, updated: DateTime::MIN }
}

pub(crate) fn order(id: i32, products: &[i32]) -> Order {
    Order { id, lines: products.iter().map(|product_id| Line { product_id: *product_id }).collect() }
}

pub(crate) fn writer(id: i32) -> Writer {
    Writer { id, note_count: 0, deleted: None }
}

pub(crate) fn note(id: i32, writer_id: i32) -> Note {
    Note { id, writer_id, deleted: None }
}
