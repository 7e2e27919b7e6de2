use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[model(collection = "system.users")]
struct User {
    #[serde(rename = "_id")]
    id: ObjectId,
}

fn main() {}
