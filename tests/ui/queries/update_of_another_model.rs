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
    author_id: ObjectId,
}

fn uses(db: &Database, post: &mut Post) {
    let _ = post.update(db, User::NAME.set("Ada"));
}

fn main() {}
