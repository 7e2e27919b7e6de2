use earnorm::mongodb::bson::DateTime;
use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
struct Post {
    #[serde(rename = "_id")]
    id: ObjectId,
    #[model(created_at = true)]
    created: DateTime,
    #[model(version(1))]
    rev: i64,
}

fn main() {}
