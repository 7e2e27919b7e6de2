use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[serde(transparent)]
struct User {
    #[serde(rename = "_id")]
    id: ObjectId,
}

fn main() {}
