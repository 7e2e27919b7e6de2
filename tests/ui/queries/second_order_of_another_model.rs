use earnorm::prelude::*;

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

fn uses() {
    let _ = Post::find_all().order_by((Post::TITLE.asc(), User::NAME.asc()));
}

fn main() {}
