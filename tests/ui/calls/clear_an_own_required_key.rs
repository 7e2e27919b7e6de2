use earnorm::prelude::*;
use earnorm::mongodb::Database;

#[derive(Serialize, Deserialize, Model)]
struct User {
    #[serde(rename = "_id")]
    id: ObjectId,
    name: String,
    age: Option<u32>,
}

#[derive(Serialize, Deserialize, Model)]
struct Post {
    #[serde(rename = "_id")]
    id: ObjectId,
    title: String,
    #[relation(many_to_one, target = "User")]
    author_id: ObjectId,
}

fn uses(db: &Database, post: &Post) {
    let _ = post.author().clear(db);
}

fn main() {}
