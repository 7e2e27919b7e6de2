//! Modules next to the models have the names of crates and of modules that the generated code uses.

/// Models next to modules of all these names.
mod next_to {
    #![allow(unused, reason = "only their names matter")]
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

/// Models inside modules of these names.
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
fn models_next_to_shadowing_modules_have_their_relations() {
    assert_eq!(crate::relations::<next_to::User>(), [("posts", "posts", "user_id")]);
    assert_eq!(crate::relations::<next_to::Post>(), [("user", "users", "user_id")]);
}

#[test]
fn models_inside_shadowing_modules_have_their_relations() {
    assert_eq!(crate::relations::<inside::earnorm::User>(), [("post", "posts", "user_id")]);
    assert_eq!(crate::relations::<inside::serde::Post>(), [("user", "users", "user_id")]);
}
