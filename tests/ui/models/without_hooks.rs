use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[model(hooks)]
struct User {
    #[serde(rename = "_id")]
    id: ObjectId,
}

fn main() {}
