use earnorm::mongodb::bson::DateTime;
use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
struct Post {
    #[serde(rename = "_id")]
    id: ObjectId,
    #[model(timestamp)]
    created: DateTime,
    #[model(optimistic_lock)]
    rev: i64,
    #[model(paranoid)]
    deleted: Option<earnorm::Deletion>,
}

fn main() {}
