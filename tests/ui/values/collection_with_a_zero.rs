use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[model(collection = "users\0")]
struct User {
    #[serde(rename = "_id")]
    id: ObjectId,
}

fn main() {}
