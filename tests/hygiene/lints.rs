//! A strict user: nothing that the derive writes is worth a warning.
#![forbid(unsafe_code)]
#![deny(warnings, missing_docs, unreachable_pub, missing_debug_implementations, unused_qualifications)]
#![deny(clippy::all, clippy::pedantic, clippy::nursery)]
#![allow(clippy::derive_partial_eq_without_eq, reason = "nothing is compared")]

/// Reachable, so what it says is documented.
pub mod blog {
    use earnorm::prelude::*;

    /// Writes posts.
    // targets without quotes: among literals alone, Clippy takes the second `many_to_many` for a duplicate
    #[derive(Debug, Clone, Serialize, Deserialize, Model)]
    #[relation(one_to_one, target = Profile, fk = "user_id", back_populates = "user")]
    #[relation(one_to_many, target = Post, fk = "author_id", back_populates = "author", order_by = [("likes", -1)])]
    #[relation(many_to_many, name = "favourites", target = Post, through = "Favourite", back_populates = "fans")]
    #[relation(many_to_many, target = Group, ids = "group_ids", back_populates = "members")]
    pub struct User {
        /// The id.
        #[serde(rename = "_id")]
        pub id: Option<ObjectId>,
        /// How the user is called.
        #[serde(serialize_with = "lower")]
        pub name: String,
        /// Where the user belongs.
        pub group_ids: Vec<ObjectId>,
    }

    fn lower<S: serde::Serializer>(name: &str, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&name.to_lowercase())
    }

    /// About a user.
    #[derive(Debug, Clone, Serialize, Deserialize, Model)]
    pub struct Profile {
        /// The id.
        #[serde(rename = "_id")]
        pub id: ObjectId,
        /// Whose it is.
        #[relation(one_to_one, target = "User", on_delete = "cascade", back_populates = "profile")]
        pub user_id: ObjectId,
    }

    /// By a user.
    #[derive(Debug, Clone, Serialize, Deserialize, Model)]
    #[relation(many_to_many, name = "fans", target = "User", through = "Favourite", back_populates = "favourites")]
    pub struct Post {
        /// The id.
        #[serde(rename = "_id")]
        pub id: ObjectId,
        /// How many like it.
        pub likes: i64,
        /// Who wrote it.
        #[relation(many_to_one, target = "User", on_delete = "set_null", back_populates = "posts")]
        pub author_id: Option<ObjectId>,
        /// Which one it answers.
        #[relation(many_to_one, target = "Self", index = false)]
        pub parent_id: Option<ObjectId>,
    }

    /// A user's favourite.
    #[derive(Debug, Clone, Default, Serialize, Deserialize, Model)]
    pub struct Favourite {
        /// The id.
        #[serde(rename = "_id")]
        pub id: Option<ObjectId>,
        /// Whose it is.
        pub user_id: ObjectId,
        /// Which it is.
        pub post_id: ObjectId,
    }

    /// Of users.
    #[derive(Debug, Clone, Serialize, Deserialize, Model)]
    #[relation(many_to_many, name = "members", target = "User", target_ids = "group_ids", back_populates = "groups")]
    pub struct Group {
        /// The id.
        #[serde(rename = "_id")]
        pub id: ObjectId,
    }
}

/// Not reachable, so nothing in it may be `pub`.
mod private {
    use earnorm::prelude::*;

    #[derive(Debug, Serialize, Deserialize, Model)]
    #[relation(one_to_many, name = "parts", target = "Part", fk = "whole_id", orphan_removal)]
    pub(super) struct Whole {
        #[serde(rename = "_id")]
        id: ObjectId,
    }

    #[derive(Debug, Serialize, Deserialize, Model)]
    struct Part {
        #[serde(rename = "_id")]
        id: ObjectId,
        whole_id: ObjectId,
    }
}

#[test]
fn relations() {
    assert_eq!(
        crate::relations::<blog::User>(),
        [
            ("profile", "profiles", "user_id"),
            ("posts", "posts", "author_id"),
            ("favourites", "posts", "user_id"),
            ("groups", "groups", "group_ids"),
        ]
    );
    assert_eq!(crate::relations::<private::Whole>(), [("parts", "parts", "whole_id")]);
}
