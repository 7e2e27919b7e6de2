use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[relation = "Post"]
struct User {
    #[serde(rename = "_id")]
    id: ObjectId,
}

fn main() {}
