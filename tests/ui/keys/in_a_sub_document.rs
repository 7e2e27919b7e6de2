use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[relation(one_to_many, target = Post, fk = "meta.author_id")]
struct User {
    #[serde(rename = "_id")]
    id: ObjectId,
}

#[derive(Serialize, Deserialize)]
struct Meta {
    author_id: ObjectId,
}

#[derive(Serialize, Deserialize, Model)]
struct Post {
    #[serde(rename = "_id")]
    id: ObjectId,
    meta: Meta,
}

fn main() {}
