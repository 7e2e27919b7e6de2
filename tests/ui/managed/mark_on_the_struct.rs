use earnorm::mongodb::bson::DateTime;
use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[model(timestamps)]
struct Post {
    #[serde(rename = "_id")]
    id: ObjectId,
    created: DateTime,
}

#[derive(Serialize, Deserialize, Model)]
#[model(version)]
struct Page {
    #[serde(rename = "_id")]
    id: ObjectId,
    rev: i64,
}

#[derive(Serialize, Deserialize, Model)]
#[model(soft_delete)]
struct Note {
    #[serde(rename = "_id")]
    id: ObjectId,
    deleted: Option<earnorm::Deletion>,
}

fn main() {}
