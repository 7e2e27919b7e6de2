use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[model(collection = ".users")]
struct User {
    #[serde(rename = "_id")]
    id: ObjectId,
}

fn main() {}
