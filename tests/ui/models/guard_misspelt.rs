use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[model(guard = "rv")]
struct User {
    #[serde(rename = "_id")]
    id: ObjectId,
    rev: i64,
}

fn main() {}
