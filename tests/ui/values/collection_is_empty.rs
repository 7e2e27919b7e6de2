use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[model(collection = "")]
struct User {
    #[serde(rename = "_id")]
    id: ObjectId,
}

fn main() {}
