use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
struct User {
    #[serde(flatten)]
    id: Key,
}

#[derive(Serialize, Deserialize)]
struct Key {
    _id: ObjectId,
}

fn main() {}
