//! A blog: the models that most tests use.
#![allow(missing_docs, reason = "the names say it")]

use earnorm::prelude::*;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[model(collection = "users")]
#[relation(one_to_one, target = "Profile", fk = "user_id", cascade_delete)]
#[relation(one_to_many, target = "Post", fk = "author_id", cascade_delete, back_populates = "author")]
#[relation(many_to_many, target = "Group", through = "UserGroup")]
pub struct User {
    #[serde(rename = "_id")]
    pub id: ObjectId,
    pub name: String,
    pub age: Option<u32>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
pub struct Profile {
    #[serde(rename = "_id")]
    pub id: ObjectId,
    pub bio: String,
    #[relation(one_to_one, target = "User")]
    pub user_id: ObjectId,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(one_to_many, target = "Comment", fk = "post_id", cascade_delete)]
#[relation(one_to_many, name = "active_comments", target = "Comment", fk = "post_id", filter = doc! { "status": "active" })]
#[relation(one_to_many, name = "recent_comments", target = "Comment", fk = "post_id", order_by = [("created_at", -1)])]
#[relation(one_to_many, name = "top_comments", target = "Comment", fk = "post_id", order_by = [("likes", -1)], limit = 10)]
pub struct Post {
    #[serde(rename = "_id")]
    pub id: ObjectId,
    pub title: String,
    pub likes: i64,
    #[relation(many_to_one, target = "User", back_populates = "posts")]
    pub author_id: ObjectId,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
pub struct Comment {
    #[serde(rename = "_id")]
    pub id: ObjectId,
    pub text: String,
    pub status: String,
    pub likes: i64,
    pub created_at: i64,
    #[relation(many_to_one, target = "Post")]
    pub post_id: ObjectId,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
pub struct Group {
    #[serde(rename = "_id")]
    pub id: ObjectId,
    pub name: String,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, Model)]
pub struct UserGroup {
    #[serde(rename = "_id")]
    pub id: ObjectId,
    #[relation(many_to_one, target = "User")]
    pub user_id: ObjectId,
    #[relation(many_to_one, target = "Group")]
    pub group_id: ObjectId,
}

impl User {
    pub fn new(name: &str, age: impl Into<Option<u32>>) -> Self {
        Self { id: ObjectId::new(), name: name.to_owned(), age: age.into() }
    }

    pub fn post(&self, title: &str, likes: i64) -> Post {
        Post { id: ObjectId::new(), title: title.to_owned(), likes, author_id: self.id }
    }
}
