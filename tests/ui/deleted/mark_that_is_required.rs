use earnorm::Deletion;
use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
struct User {
    #[serde(rename = "_id")]
    id: ObjectId,
    #[model(soft_delete)]
    deleted: Deletion,
}

fn main() {}
