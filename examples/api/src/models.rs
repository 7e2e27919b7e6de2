//! What is stored. The attributes declare relations, indexes, delete rules and the fields that EarnORM writes.

use earnorm::prelude::*;
use mongodb::bson::DateTime;

/// Writes posts and comments. An author with posts can't be deleted; the comments of a deleted author stay.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[index(email, unique)]
#[relation(one_to_many, target = Post, fk = author_id, back_populates = author, on_delete = "restrict")]
#[relation(one_to_many, target = Comment, fk = author_id, back_populates = author, on_delete = "set_null")]
pub struct Author {
    /// The id.
    #[serde(rename = "_id")]
    pub id: Id<Author>,
    /// The name that readers see.
    pub name: String,
    /// No two authors have the same.
    pub email: String,
    /// When the author was added.
    #[model(created_at)]
    pub created: DateTime,
}

/// A post. Its comments are deleted with it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[model(check_references)]
// the order of the pages
#[index(-created, -id)]
#[relation(one_to_many, target = Comment, fk = post_id, back_populates = post, cascade_delete)]
pub struct Post {
    /// The id.
    #[serde(rename = "_id")]
    pub id: Id<Post>,
    /// The title.
    pub title: String,
    /// The text.
    pub text: String,
    /// Who wrote it.
    #[relation(many_to_one, target = Author, back_populates = posts)]
    pub author_id: Id<Author>,
    /// Its tags.
    #[relation(many_to_many, target = Tag, back_populates = posts)]
    pub tag_ids: Vec<Id<Tag>>,
    /// When it was written.
    #[model(created_at)]
    pub created: DateTime,
    /// When it was changed.
    #[model(updated_at)]
    pub updated: DateTime,
    /// Counts the changes, so that nobody overwrites a change that they haven't seen.
    #[model(version)]
    pub version: i64,
}

impl Post {
    /// A post that isn't stored. EarnORM sets the times and the version when it is inserted.
    pub fn new(author_id: Id<Author>, title: String, text: String) -> Self {
        let now = DateTime::now();
        Self { id: Id::new(), title, text, author_id, tag_ids: Vec::new(), created: now, updated: now, version: 0 }
    }
}

/// A comment on a post.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[model(check_references)]
pub struct Comment {
    /// The id.
    #[serde(rename = "_id")]
    pub id: Id<Comment>,
    /// The text.
    pub text: String,
    /// The post.
    #[relation(many_to_one, target = Post, back_populates = comments)]
    pub post_id: Id<Post>,
    /// Who wrote it. Null if the author was deleted.
    #[relation(many_to_one, target = Author, back_populates = comments)]
    pub author_id: Option<Id<Author>>,
    /// When it was written.
    #[model(created_at)]
    pub created: DateTime,
}

/// A word by which readers find posts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[index(name, unique)]
#[relation(many_to_many, target = Post, target_ids = tag_ids, back_populates = tags)]
pub struct Tag {
    /// The id.
    #[serde(rename = "_id")]
    pub id: Id<Tag>,
    /// No two tags have the same.
    pub name: String,
}
