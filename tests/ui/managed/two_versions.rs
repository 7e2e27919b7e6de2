use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
struct Post {
    #[serde(rename = "_id")]
    id: ObjectId,
    #[model(version)]
    rev: i64,
    #[model(version)]
    other: i64,
}

fn main() {}
