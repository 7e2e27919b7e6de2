//! Modules beside the models have the names of crates and of the derive's own paths.

/// Beside every name at once.
mod beside {
    #![allow(unused, reason = "they are there for their names")]
    mod std {}
    mod core {}
    mod alloc {}
    mod earnorm {}
    mod earnorm_core {}
    mod mongodb {}
    mod bson {}
    mod serde {}
    mod inventory {}
    mod __private {}
    mod __p {}

    #[derive(::serde::Serialize, ::serde::Deserialize, ::earnorm::Model)]
    #[relation(one_to_many, target = "Post", fk = "user_id", filter = ::earnorm::doc! { "draft": false }, limit = 3)]
    pub(super) struct User {
        #[serde(rename = "_id")]
        id: ::std::option::Option<::earnorm::ObjectId>,
    }

    #[derive(::serde::Serialize, ::serde::Deserialize, ::earnorm::Model)]
    pub(super) struct Post {
        #[serde(rename = "_id")]
        id: ::earnorm::ObjectId,
        #[relation(many_to_one, target = "User")]
        user_id: ::earnorm::ObjectId,
    }
}

/// Inside modules of these names.
mod inside {
    pub(super) mod earnorm {
        #[derive(::serde::Serialize, ::serde::Deserialize, ::earnorm::Model)]
        #[relation(one_to_one, target = "super::serde::Post", fk = "user_id")]
        pub(in crate::shadowed_modules) struct User {
            #[serde(rename = "_id")]
            id: ::earnorm::ObjectId,
        }
    }

    pub(super) mod serde {
        #[derive(::serde::Serialize, ::serde::Deserialize, ::earnorm::Model)]
        pub(in crate::shadowed_modules) struct Post {
            #[serde(rename = "_id")]
            id: ::earnorm::ObjectId,
            #[relation(one_to_one, target = super::earnorm::User)]
            user_id: ::earnorm::ObjectId,
        }
    }
}

#[test]
fn beside() {
    assert_eq!(crate::relations::<beside::User>(), [("posts", "posts", "user_id")]);
    assert_eq!(crate::relations::<beside::Post>(), [("user", "users", "user_id")]);
}

#[test]
fn inside() {
    assert_eq!(crate::relations::<inside::earnorm::User>(), [("post", "posts", "user_id")]);
    assert_eq!(crate::relations::<inside::serde::Post>(), [("user", "users", "user_id")]);
}
