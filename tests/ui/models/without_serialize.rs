use earnorm::prelude::*;

#[derive(Deserialize, Model)]
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

fn uses(user: &User) {
    let _ = user.posts();
}

fn main() {}
