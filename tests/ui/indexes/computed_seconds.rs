use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[index(at, expire_after = 100 * 365 * 24 * 3600)]
struct User {
    #[serde(rename = "_id")]
    id: ObjectId,
    at: earnorm::mongodb::bson::DateTime,
}

fn main() {}
