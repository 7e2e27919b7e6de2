use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
struct Post {
    #[serde(rename = "_id")]
    #[model(version)]
    id: ObjectId,
    title: String,
}

fn main() {}
