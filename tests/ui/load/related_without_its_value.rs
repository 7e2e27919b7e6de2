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

fn posts<L: Includes<relation!(User, posts)>>(user: &Loaded<User, L>) -> usize {
    user.related(User::POSTS).len()
}

fn main() {}
