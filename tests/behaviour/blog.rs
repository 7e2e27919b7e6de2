//! A blog: the models that most tests use.

use earnorm::prelude::*;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[model(collection = "users")]
#[relation(one_to_one, target = "Profile", fk = "user_id", cascade_delete)]
#[relation(one_to_many, target = "Post", fk = "author_id", cascade_delete, back_populates = "author")]
#[relation(many_to_many, target = "Group", through = "UserGroup")]
pub(crate) struct User {
    #[serde(rename = "_id")]
    pub(crate) id: ObjectId,
    pub(crate) name: String,
    pub(crate) age: Option<u32>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
pub(crate) struct Profile {
    #[serde(rename = "_id")]
    pub(crate) id: ObjectId,
    pub(crate) bio: String,
    #[relation(one_to_one, target = "User")]
    pub(crate) user_id: ObjectId,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(one_to_many, target = "Comment", fk = "post_id", cascade_delete)]
#[relation(one_to_many, name = "active_comments", target = "Comment", fk = "post_id", filter = doc! { "status": "active" })]
#[relation(one_to_many, name = "recent_comments", target = "Comment", fk = "post_id", order_by = [("created_at", -1)])]
#[relation(one_to_many, name = "top_comments", target = "Comment", fk = "post_id", order_by = [("likes", -1)], limit = 10)]
pub(crate) struct Post {
    #[serde(rename = "_id")]
    pub(crate) id: ObjectId,
    pub(crate) title: String,
    pub(crate) likes: i64,
    #[relation(many_to_one, target = "User", back_populates = "posts")]
    pub(crate) author_id: ObjectId,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
pub(crate) struct Comment {
    #[serde(rename = "_id")]
    pub(crate) id: ObjectId,
    pub(crate) text: String,
    pub(crate) status: String,
    pub(crate) likes: i64,
    pub(crate) created_at: i64,
    #[relation(many_to_one, target = "Post")]
    pub(crate) post_id: ObjectId,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
pub(crate) struct Group {
    #[serde(rename = "_id")]
    pub(crate) id: ObjectId,
    pub(crate) name: String,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, Model)]
pub(crate) struct UserGroup {
    #[serde(rename = "_id")]
    pub(crate) id: ObjectId,
    #[relation(many_to_one, target = "User")]
    pub(crate) user_id: ObjectId,
    #[relation(many_to_one, target = "Group")]
    pub(crate) group_id: ObjectId,
}

impl User {
    pub(crate) fn new(name: &str, age: impl Into<Option<u32>>) -> Self {
        Self { id: ObjectId::new(), name: name.to_owned(), age: age.into() }
    }

    pub(crate) fn post(&self, title: &str, likes: i64) -> Post {
        Post { id: ObjectId::new(), title: title.to_owned(), likes, author_id: self.id }
    }
}
