use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[model(timestamps)]
struct Post {
    #[serde(rename = "_id")]
    id: ObjectId,
    #[model(timestamps)]
    updated: i64,
}

fn main() {}
