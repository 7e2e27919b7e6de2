use earnorm::prelude::*;
use earnorm::{Includes, relation};

#[derive(Serialize, Deserialize, Model)]
#[relation(one_to_many, target = Post, fk = author_id)]
struct User {
    #[serde(rename = "_id")]
    id: ObjectId,
    name: String,
}

#[derive(Serialize, Deserialize, Model)]
struct Post {
    #[serde(rename = "_id")]
    id: ObjectId,
    author_id: ObjectId,
}

fn author<L: Includes<relation!(Post, author), Value = Option<User>>>(_: &Loaded<Post, L>) {}

fn main() {}
