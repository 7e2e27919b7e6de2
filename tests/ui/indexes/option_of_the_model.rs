use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[model(unique)]
struct User {
    #[serde(rename = "_id")]
    id: ObjectId,
    email: String,
}

fn main() {}
