use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[model(guard = "rev")]
struct User {
    #[serde(rename = "_id")]
    id: ObjectId,
    #[serde(skip)]
    rev: i64,
}

fn main() {}
