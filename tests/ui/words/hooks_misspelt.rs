use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[model(hook)]
struct User {
    #[serde(rename = "_id")]
    id: ObjectId,
}

fn main() {}
