use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[serde(rename_all(serialize = "camelCase", deserialize = "snake_case"))]
struct User {
    #[serde(rename = "_id")]
    id: ObjectId,
    full_name: String,
}

fn main() {}
