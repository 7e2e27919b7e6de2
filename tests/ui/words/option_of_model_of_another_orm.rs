use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[model(table = "users")]
struct User {
    #[serde(rename = "_id")]
    id: ObjectId,
}

fn main() {}
