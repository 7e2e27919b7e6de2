use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
struct Post {
    #[serde(rename = "_id")]
    id: ObjectId,
    #[model(version)]
    rev: Option<i64>,
}

fn main() {}
