use earnorm::mongodb::bson::DateTime;
use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
struct Post {
    #[serde(rename = "_id")]
    id: ObjectId,
    #[model(version, version)]
    rev: i64,
    #[model(updated_at)]
    #[model(updated_at)]
    at: DateTime,
}

fn main() {}
