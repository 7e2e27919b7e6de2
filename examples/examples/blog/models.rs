//! Users with a profile and posts, posts with comments, and groups of users.

use earnorm::prelude::*;
use mongodb::bson::DateTime;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[model(collection = "users")]
#[relation(one_to_one, target = Profile, fk = user_id, cascade_delete)]
#[relation(one_to_many, target = Post, fk = author_id, cascade_delete, back_populates = "author")]
#[relation(many_to_many, target = Group, through = UserGroup)]
pub(crate) struct User {
    #[serde(rename = "_id")]
    pub(crate) id: ObjectId,
    pub(crate) name: String,
    pub(crate) age: Option<u32>,
}

impl User {
    pub(crate) fn new(name: &str, age: Option<u32>) -> Self {
        Self { id: ObjectId::new(), name: name.into(), age }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
pub(crate) struct Profile {
    #[serde(rename = "_id")]
    pub(crate) id: Option<ObjectId>,
    pub(crate) bio: String,
    #[relation(one_to_one, target = User)]
    pub(crate) user_id: ObjectId,
}

impl Profile {
    /// A profile without an id and an owner. [`User::profile`] sets both.
    pub(crate) fn new(bio: &str) -> Self {
        Self { id: None, bio: bio.into(), user_id: ObjectId::default() }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(one_to_many, target = Comment, fk = post_id, cascade_delete)]
#[relation(one_to_many, name = "active_comments", target = Comment, fk = post_id, filter = doc! { "status": "active" })]
#[relation(one_to_many, name = "recent_comments", target = Comment, fk = post_id, order_by = [("created_at", -1)])]
#[relation(one_to_many, name = "top_comments", target = Comment, fk = post_id, order_by = [("likes", -1)], limit = 10)]
pub(crate) struct Post {
    #[serde(rename = "_id")]
    pub(crate) id: ObjectId,
    pub(crate) title: String,
    pub(crate) likes: i64,
    #[relation(many_to_one, target = User, back_populates = "posts")]
    pub(crate) author_id: ObjectId,
}

impl Post {
    pub(crate) fn new(title: &str, likes: i64, author: &User) -> Self {
        Self { id: ObjectId::new(), title: title.into(), likes, author_id: author.id }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
pub(crate) struct Comment {
    #[serde(rename = "_id")]
    pub(crate) id: ObjectId,
    pub(crate) text: String,
    pub(crate) status: Status,
    pub(crate) likes: i64,
    pub(crate) created_at: DateTime,
    #[relation(many_to_one, target = Post)]
    pub(crate) post_id: ObjectId,
}

impl Comment {
    /// The `n`th comment on a post. Every fifth is hidden, and each is a minute later than the one before.
    pub(crate) fn numbered(n: i64, post: &Post) -> Self {
        Self {
            id: ObjectId::new(),
            text: format!("comment {n}"),
            status: if n % 5 == 0 { Status::Hidden } else { Status::Active },
            likes: n * 7 % 30,
            created_at: DateTime::from_millis(1_700_000_000_000 + n * 60_000),
            post_id: post.id,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Status {
    Active,
    Hidden,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
pub(crate) struct Group {
    #[serde(rename = "_id")]
    pub(crate) id: ObjectId,
    pub(crate) name: String,
}

impl Group {
    pub(crate) fn new(name: &str) -> Self {
        Self { id: ObjectId::new(), name: name.into() }
    }
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, Model)]
pub(crate) struct UserGroup {
    #[serde(rename = "_id")]
    pub(crate) id: Option<ObjectId>,
    #[relation(many_to_one, target = User)]
    pub(crate) user_id: ObjectId,
    #[relation(many_to_one, target = Group)]
    pub(crate) group_id: ObjectId,
    pub(crate) role: String,
}
