use earnorm::mongodb::bson::DateTime;
use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
struct Post {
    #[serde(rename = "_id")]
    id: ObjectId,
    #[model(create_at)]
    created: DateTime,
    #[model(updatedat)]
    updated: DateTime,
    #[model(versoin)]
    rev: i64,
    #[model(softdelete)]
    deleted: Option<earnorm::Deletion>,
}

fn main() {}
