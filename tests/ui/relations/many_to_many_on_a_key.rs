use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
struct Post {
    #[serde(rename = "_id")]
    id: ObjectId,
    #[relation(many_to_many, target = "User")]
    author_id: ObjectId,
}

#[derive(Serialize, Deserialize, Model)]
struct User {
    #[serde(rename = "_id")]
    id: ObjectId,
}

fn main() {}
