use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
struct Post {
    #[serde(rename = "_id")]
    id: ObjectId,
    #[serde(skip_serializing)]
    #[relation(many_to_one, target = "User")]
    author_id: ObjectId,
}

#[derive(Serialize, Deserialize, Model)]
struct User {
    #[serde(rename = "_id")]
    id: ObjectId,
}

fn main() {}
