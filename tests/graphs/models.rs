//! A forum with a relation of every kind.

use earnorm::mongodb::bson::DateTime;
use earnorm::prelude::*;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Reference)]
#[serde(tag = "type", content = "id")]
pub(crate) enum Subject {
    User(ObjectId),
    Post(ObjectId),
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, Model)]
#[relation(one_to_many, target = Post, fk = author_id, back_populates = author, counter = post_count, touch = active)]
#[relation(one_to_one, target = Profile, fk = user_id, back_populates = user)]
#[relation(many_to_many, target = Group, through = Member, counter = group_count)]
pub(crate) struct User {
    #[serde(rename = "_id")]
    pub(crate) id: Option<ObjectId>,
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) post_count: i32,
    #[serde(default)]
    pub(crate) group_count: i64,
    pub(crate) active: Option<DateTime>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[model(check_references)]
pub(crate) struct Profile {
    #[serde(rename = "_id")]
    pub(crate) id: ObjectId,
    #[relation(one_to_one, target = User, back_populates = profile)]
    pub(crate) user_id: Option<ObjectId>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(one_to_many, target = Comment, fk = subject)]
#[relation(many_to_many, target = Shelf, target_ids = post_ids)]
#[index(title, unique)]
pub(crate) struct Post {
    #[serde(rename = "_id")]
    pub(crate) id: ObjectId,
    pub(crate) title: String,
    #[relation(many_to_one, target = User, back_populates = posts)]
    pub(crate) author_id: Option<ObjectId>,
    #[relation(many_to_many, target = Tag, counter = tag_count)]
    pub(crate) tag_ids: Vec<String>,
    #[serde(default)]
    pub(crate) tag_count: i64,
    #[model(created_at)]
    pub(crate) created: DateTime,
    #[model(version)]
    pub(crate) rev: i64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(many_to_many, target = Post, target_ids = tag_ids)]
pub(crate) struct Tag {
    #[serde(rename = "_id")]
    pub(crate) id: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[model(collection = "shelves")]
pub(crate) struct Shelf {
    #[serde(rename = "_id")]
    pub(crate) id: i32,
    #[relation(many_to_many, target = Post)]
    pub(crate) post_ids: Vec<ObjectId>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
pub(crate) struct Comment {
    #[serde(rename = "_id")]
    pub(crate) id: i32,
    #[relation(many_to_one)]
    pub(crate) subject: Option<Subject>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(many_to_many, target = User, through = Member)]
pub(crate) struct Group {
    #[serde(rename = "_id")]
    pub(crate) id: i32,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, Model)]
pub(crate) struct Member {
    #[serde(rename = "_id")]
    pub(crate) id: ObjectId,
    #[relation(many_to_one, target = User)]
    pub(crate) user_id: ObjectId,
    #[relation(many_to_one, target = Group)]
    pub(crate) group_id: i32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[model(collection = "categories", check_references)]
#[relation(one_to_many, name = "children", target = Category, fk = parent_id, counter = child_count)]
pub(crate) struct Category {
    #[serde(rename = "_id")]
    pub(crate) id: i32,
    #[relation(many_to_one, target = Category)]
    pub(crate) parent_id: Option<i32>,
    #[serde(default)]
    pub(crate) child_count: i64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Embedded)]
pub(crate) struct Address {
    #[relation(many_to_one, target = Country)]
    pub(crate) country_id: Option<i32>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(one_to_many, target = House, fk = address.country_id)]
#[model(collection = "countries")]
pub(crate) struct Country {
    #[serde(rename = "_id")]
    pub(crate) id: i32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
pub(crate) struct House {
    #[serde(rename = "_id")]
    pub(crate) id: i32,
    #[model(embedded)]
    pub(crate) address: Option<Address>,
}

pub(crate) fn user(name: &str) -> User {
    User { name: name.to_owned(), ..User::default() }
}

pub(crate) fn post(title: &str) -> Post {
    Post {
        id: ObjectId::new(),
        title: title.to_owned(),
        author_id: None,
        tag_ids: Vec::new(),
        tag_count: 0,
        created: DateTime::from_millis(0),
        rev: 0,
    }
}

pub(crate) fn profile() -> Profile {
    Profile { id: ObjectId::new(), user_id: None }
}

pub(crate) fn tags(ids: &[&str]) -> Vec<Tag> {
    ids.iter().map(|id| Tag { id: (*id).to_owned() }).collect()
}

pub(crate) fn category(id: i32) -> Category {
    Category { id, parent_id: None, child_count: 0 }
}
