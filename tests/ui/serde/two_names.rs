use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
struct User {
    #[serde(rename = "_id")]
    id: ObjectId,
    #[serde(rename(serialize = "first", deserialize = "last"))]
    name: String,
}

fn main() {}
