//! Models without the standard prelude and without imports.
#![no_implicit_prelude]

#[derive(::serde::Serialize, ::serde::Deserialize, ::earnorm::Model)]
#[relation(
    one_to_many,
    target = "Post",
    fk = "author_id",
    orphan_removal,
    lazy_load = false,
    back_populates = "author"
)]
#[relation(many_to_many, target = "Tag", ids = "tag_ids")]
#[model(guard = "rev")]
struct User {
    #[serde(rename = "_id")]
    id: ::std::option::Option<::earnorm::ObjectId>,
    #[serde(serialize_with = "::serde::Serialize::serialize")]
    tag_ids: ::std::vec::Vec<::earnorm::ObjectId>,
    rev: i64,
}

#[derive(::serde::Serialize, ::serde::Deserialize, ::earnorm::Model)]
struct Post {
    #[serde(rename = "_id")]
    id: ::earnorm::ObjectId,
    #[relation(many_to_one, target = "User", back_populates = "posts")]
    author_id: ::std::option::Option<::earnorm::ObjectId>,
}

#[derive(::serde::Serialize, ::serde::Deserialize, ::earnorm::Model)]
#[relation(many_to_many, target = "User", target_ids = "tag_ids", order_by = [("rev", -1), ("_id", 1)])]
struct Tag {
    #[serde(rename = "_id")]
    id: ::earnorm::ObjectId,
}

#[test]
fn models_have_their_relations() {
    let user = crate::relations::<User>();
    ::std::assert_eq!(user, [("posts", "posts", "author_id"), ("tags", "tags", "tag_ids")]);
    ::std::assert_eq!(crate::relations::<Tag>(), [("users", "users", "tag_ids")]);
}

/// A relation to itself with the methods for what is below and above it.
#[derive(::serde::Serialize, ::serde::Deserialize, ::earnorm::Model)]
#[relation(one_to_many, name = "children", target = Self, fk = r#in, recursive = "r#loop")]
struct Directory {
    #[serde(rename = "_id")]
    id: ::earnorm::ObjectId,
    #[relation(many_to_one, name = "parent", target = Self, recursive = "path")]
    r#in: ::std::option::Option<::earnorm::ObjectId>,
}

#[test]
fn recursive_relations_have_their_methods() {
    fn check(directory: &Directory, db: &::earnorm::mongodb::Database) {
        ::std::mem::drop(directory.r#loop().tree(db));
        ::std::mem::drop(directory.path().tree(db));
        ::std::mem::drop(directory.move_to(db, ::std::option::Option::None));
    }
    let _ = check;
    ::std::assert_eq!(crate::relations::<Directory>().len(), 2);
}
