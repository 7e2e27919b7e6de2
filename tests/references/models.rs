//! Posts and photos with equal ids, and documents that refer to either.

use earnorm::mongodb::Database;
use earnorm::prelude::*;
use earnorm::{Filter, Open};
use earnorm_tests::insert_documents;

/// Stored as a sub-document, one tag renamed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Reference)]
#[serde(tag = "type", content = "id")]
pub(crate) enum Subject {
    Post(i32),
    #[serde(rename = "Picture")]
    Photo(i32),
}

/// What a link has before its keys are set.
impl Default for Subject {
    fn default() -> Self {
        Self::Post(0)
    }
}

/// Flattened into its document, as two fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Reference)]
#[serde(tag = "about_type", content = "about_id", rename_all = "snake_case")]
pub(crate) enum About {
    Post(i32),
    Photo(i32),
}

/// Stored as a DBRef.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Reference)]
#[serde(tag = "$ref", content = "$id")]
pub(crate) enum Covered {
    #[serde(rename = "posts")]
    Post(i32),
    #[serde(rename = "photos")]
    Photo(i32),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(one_to_many, target = Post, fk = author_id)]
pub(crate) struct User {
    #[serde(rename = "_id")]
    pub(crate) id: i32,
    pub(crate) name: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(one_to_many, target = Comment, fk = subject, cascade_delete, back_populates = subject)]
#[relation(one_to_many, name = first_comments, target = Comment, fk = subject, order_by = [("likes", -1)], limit = 1)]
#[relation(one_to_many, target = Note, fk = about, on_delete = "set_null")]
#[relation(one_to_one, target = Cover, fk = of, on_delete = "set_null", back_populates = of)]
#[relation(many_to_many, target = Tag, through = Tagging, fk = taggable, target_fk = tag_id, back_populates = posts)]
#[relation(one_to_many, target = Feed, fk = pinned.subject, on_delete = "set_null", back_populates = pinned.subject)]
pub(crate) struct Post {
    #[serde(rename = "_id")]
    pub(crate) id: i32,
    pub(crate) title: String,
    pub(crate) likes: i32,
    #[relation(many_to_one, target = User, back_populates = posts)]
    pub(crate) author_id: i32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(one_to_many, target = Comment, fk = subject, on_delete = "restrict", back_populates = subject)]
#[relation(one_to_many, target = Note, fk = about, cascade_delete)]
#[relation(one_to_one, target = Cover, fk = of, on_delete = "set_null")]
#[relation(many_to_many, target = Tag, through = Tagging, fk = taggable, target_fk = tag_id, back_populates = photos)]
pub(crate) struct Photo {
    #[serde(rename = "_id")]
    pub(crate) id: i32,
    pub(crate) url: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
pub(crate) struct Comment {
    #[serde(rename = "_id")]
    pub(crate) id: i32,
    #[relation(many_to_one)]
    pub(crate) subject: Subject,
    pub(crate) likes: i32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
pub(crate) struct Note {
    #[serde(rename = "_id")]
    pub(crate) id: i32,
    pub(crate) text: String,
    #[serde(flatten)]
    #[relation(many_to_one)]
    pub(crate) about: Option<Open<About>>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
pub(crate) struct Cover {
    #[serde(rename = "_id")]
    pub(crate) id: i32,
    #[relation(one_to_one)]
    pub(crate) of: Option<Covered>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(many_to_many, target = Post, through = Tagging, fk = tag_id, target_fk = taggable)]
#[relation(many_to_many, target = Photo, through = Tagging, fk = tag_id, target_fk = taggable)]
pub(crate) struct Tag {
    #[serde(rename = "_id")]
    pub(crate) id: String,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, Model)]
pub(crate) struct Tagging {
    #[serde(rename = "_id")]
    pub(crate) id: ObjectId,
    #[relation(many_to_one, target = Tag)]
    pub(crate) tag_id: String,
    #[relation(many_to_one)]
    pub(crate) taggable: Subject,
    #[serde(default)]
    pub(crate) by: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Embedded)]
pub(crate) struct Item {
    #[relation(many_to_one, on_delete = "pull")]
    pub(crate) subject: Subject,
    pub(crate) text: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Embedded)]
pub(crate) struct Pin {
    #[relation(many_to_one)]
    pub(crate) subject: Option<Subject>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
pub(crate) struct Feed {
    #[serde(rename = "_id")]
    pub(crate) id: i32,
    #[model(embedded)]
    pub(crate) items: Vec<Item>,
    #[model(embedded)]
    pub(crate) pinned: Option<Pin>,
}

pub(crate) fn user(id: i32) -> User {
    User { id, name: format!("user {id}") }
}

pub(crate) fn post(id: i32) -> Post {
    Post { id, title: format!("post {id}"), likes: id * 10, author_id: id % 2 + 1 }
}

pub(crate) fn photo(id: i32) -> Photo {
    Photo { id, url: format!("photo {id}") }
}

pub(crate) fn comment(id: i32, subject: Subject) -> Comment {
    Comment { id, subject, likes: id }
}

pub(crate) fn note(id: i32, about: Option<About>) -> Note {
    Note { id, text: format!("note {id}"), about: about.map(Open::Known) }
}

pub(crate) fn cover(id: i32, of: Option<Covered>) -> Cover {
    Cover { id, of }
}

pub(crate) fn item(subject: Subject) -> Item {
    Item { subject, text: "item".to_owned() }
}

pub(crate) fn tag(id: &str) -> Tag {
    Tag { id: id.to_owned() }
}

pub(crate) fn tagging(tag: &str, taggable: Subject) -> Tagging {
    Tagging { id: ObjectId::new(), tag_id: tag.to_owned(), taggable, by: String::new() }
}

pub(crate) async fn insert_all<M: Model + 'static>(db: &Database, models: Vec<M>) {
    M::insert_many(db, &models).await.unwrap();
}

/// Two users, posts 1 to 3, photos 1 to 3, and comments on both. Photo 9 doesn't exist.
pub(crate) async fn forum(db: &Database) {
    insert_all(db, vec![user(1), user(2)]).await;
    insert_all(db, vec![post(1), post(2), post(3)]).await;
    insert_all(db, vec![photo(1), photo(2), photo(3)]).await;
    insert_all(
        db,
        vec![
            comment(1, Subject::Post(1)),
            comment(2, Subject::Photo(1)),
            comment(3, Subject::Post(2)),
            comment(4, Subject::Post(1)),
            comment(5, Subject::Photo(9)),
            comment(6, Subject::Photo(1)),
        ],
    )
    .await;
}

/// A comment on something that this program doesn't know.
pub(crate) async fn unknown_comment(db: &Database, id: i32) {
    insert_documents(db, "comments", [doc! { "_id": id, "subject": { "type": "Video", "id": 1 }, "likes": id }]).await;
}

/// The ids of the comments that match, in order.
pub(crate) async fn comments(db: &Database, filter: Filter<Comment>) -> Vec<i32> {
    let found = Comment::find(filter).order_by(Comment::ID.asc()).all(db).await.unwrap();
    found.into_iter().map(|comment| comment.id).collect()
}
