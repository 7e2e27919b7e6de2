use earnorm::mongodb::bson::DateTime;
use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
struct Post {
    #[serde(rename = "_id")]
    id: ObjectId,
    #[model(created_at, updated_at)]
    at: DateTime,
}

fn main() {}
