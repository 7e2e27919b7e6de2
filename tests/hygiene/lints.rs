//! The generated code causes no warning under strict lints.
#![forbid(unsafe_code)]
#![deny(warnings, missing_docs, unreachable_pub, missing_debug_implementations, unused_qualifications)]
#![deny(clippy::all, clippy::pedantic, clippy::nursery)]
#![allow(clippy::derive_partial_eq_without_eq, reason = "nothing is compared")]

/// Public, so the generated items need documentation.
pub mod blog {
    use earnorm::prelude::*;

    /// A user, who writes posts.
    // targets without quotes: with literals only, Clippy reports the second `many_to_many` as a duplicate
    #[derive(Debug, Clone, Serialize, Deserialize, Model)]
    #[relation(one_to_one, target = Profile, fk = "user_id", back_populates = "user")]
    #[relation(one_to_many, target = Post, fk = "author_id", back_populates = "author", order_by = [("likes", -1)])]
    #[relation(many_to_many, name = "favourites", target = Post, through = "Favourite", back_populates = "fans")]
    #[relation(many_to_many, target = Group, ids = "group_ids", back_populates = "members")]
    pub struct User {
        /// The id.
        #[serde(rename = "_id")]
        pub id: Option<ObjectId>,
        /// The name.
        #[serde(serialize_with = "lower")]
        pub name: String,
        /// The groups.
        pub group_ids: Vec<ObjectId>,
    }

    fn lower<S: serde::Serializer>(name: &str, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&name.to_lowercase())
    }

    /// A profile of a user.
    #[derive(Debug, Clone, Serialize, Deserialize, Model)]
    pub struct Profile {
        /// The id.
        #[serde(rename = "_id")]
        pub id: ObjectId,
        /// The user.
        #[relation(one_to_one, target = "User", on_delete = "cascade", back_populates = "profile")]
        pub user_id: ObjectId,
    }

    /// A post by a user.
    #[derive(Debug, Clone, Serialize, Deserialize, Model)]
    #[relation(many_to_many, name = "fans", target = "User", through = "Favourite", back_populates = "favourites")]
    pub struct Post {
        /// The id.
        #[serde(rename = "_id")]
        pub id: ObjectId,
        /// The number of likes.
        pub likes: i64,
        /// The author.
        #[relation(many_to_one, target = "User", on_delete = "set_null", back_populates = "posts")]
        pub author_id: Option<ObjectId>,
        /// The post that this one replies to.
        #[relation(many_to_one, target = "Self", index = false)]
        pub parent_id: Option<ObjectId>,
    }

    /// A user's favourite.
    #[derive(Debug, Clone, Default, Serialize, Deserialize, Model)]
    pub struct Favourite {
        /// The id.
        #[serde(rename = "_id")]
        pub id: Option<ObjectId>,
        /// The user.
        pub user_id: ObjectId,
        /// The post.
        pub post_id: ObjectId,
    }

    /// A group of users.
    #[derive(Debug, Clone, Serialize, Deserialize, Model)]
    #[relation(many_to_many, name = "members", target = "User", target_ids = "group_ids", back_populates = "groups")]
    pub struct Group {
        /// The id.
        #[serde(rename = "_id")]
        pub id: ObjectId,
    }
}

/// Private, so nothing in it may be `pub`.
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
fn models_have_their_relations() {
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

/// Models that share a collection.
pub mod fleet {
    use earnorm::prelude::*;

    /// A car.
    #[derive(Debug, Clone, Serialize, Deserialize, Model)]
    #[serde(tag = "kind", rename = "car")]
    #[model(collection = "fleet")]
    pub struct Car {
        /// The id.
        #[serde(rename = "_id")]
        pub id: ObjectId,
    }

    /// A truck.
    #[derive(Debug, Serialize, Deserialize, Model)]
    #[serde(tag = "kind", rename = "truck")]
    #[model(collection = "fleet")]
    pub struct Truck {
        /// The id.
        #[serde(rename = "_id")]
        pub id: ObjectId,
    }

    /// A car or a truck.
    #[derive(Debug, Model)]
    pub enum Vehicle {
        /// A car.
        Car(Car),
        /// A truck.
        Truck(Truck),
    }

    /// A car.
    #[derive(Debug, Clone, Model)]
    pub enum OnlyCars {
        /// A car.
        Car(Car),
    }
}
