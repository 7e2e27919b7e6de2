use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
struct Post {
    #[serde(rename = "_id")]
    id: ObjectId,
    #[relation(many_to_one, target = "User")]
    author_ids: Vec<ObjectId>,
}

#[derive(Serialize, Deserialize, Model)]
struct User {
    #[serde(rename = "_id")]
    id: ObjectId,
}

fn main() {}
