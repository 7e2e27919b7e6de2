//! What the REST routes send: views of the models, so that the server sends no other fields. In JSON, `_id` is `id`.

use earnorm::prelude::*;
use mongodb::bson::DateTime;

use crate::models::{Author, Comment, Post, Tag};

/// A post in a list.
#[derive(Debug, Serialize, Deserialize, View)]
#[view(of = Post)]
pub struct PostCard {
    #[serde(rename(deserialize = "_id"))]
    id: Id<Post>,
    title: String,
    created: DateTime,
}

impl PostCard {
    /// The id of the post.
    pub fn id(&self) -> Id<Post> {
        self.id
    }

    /// When the post was written.
    pub fn created(&self) -> DateTime {
        self.created
    }
}

/// A post on its own.
#[derive(Debug, Serialize, Deserialize, View)]
#[view(of = Post)]
pub struct PostBody {
    #[serde(rename(deserialize = "_id"))]
    id: Id<Post>,
    title: String,
    text: String,
    created: DateTime,
    updated: DateTime,
    /// For the header `ETag`.
    pub version: i64,
}

/// The author of something.
#[derive(Debug, Serialize, Deserialize, View)]
#[view(of = Author)]
pub struct AuthorName {
    #[serde(rename(deserialize = "_id"))]
    id: Id<Author>,
    name: String,
}

/// An author on its own.
#[derive(Debug, Serialize, Deserialize, View)]
#[view(of = Author)]
pub struct AuthorBody {
    #[serde(rename(deserialize = "_id"))]
    id: Id<Author>,
    name: String,
    email: String,
    created: DateTime,
}

/// A comment of a post.
#[derive(Debug, Serialize, Deserialize, View)]
#[view(of = Comment)]
pub struct CommentBody {
    #[serde(rename(deserialize = "_id"))]
    id: Id<Comment>,
    text: String,
    created: DateTime,
}

/// A tag of a post.
#[derive(Debug, Serialize, Deserialize, View)]
#[view(of = Tag)]
pub struct TagName {
    name: String,
}
