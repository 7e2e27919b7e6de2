use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[model(guard = "_rev")]
struct User {
    #[serde(rename = "_id")]
    id: ObjectId,
    _rev: Option<i64>,
}

fn main() {}
