use earnorm::prelude::*;
use earnorm::mongodb::Database;

#[derive(Serialize, Deserialize, Model)]
#[relation(one_to_many, target = "Post", fk = "author_id")]
struct User {
    #[serde(rename = "_id")]
    id: ObjectId,
    name: String,
}

#[derive(Serialize, Deserialize, Model)]
struct Post {
    #[serde(rename = "_id")]
    id: ObjectId,
    title: String,
    author_id: ObjectId,
}

fn uses(db: &Database, user: &User) {
    let _ = user.posts().clear(db);
}

fn main() {}
