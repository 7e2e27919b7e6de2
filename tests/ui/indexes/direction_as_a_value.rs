use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[index(email = -1)]
#[index(name = -1)]
struct User {
    #[serde(rename = "_id")]
    id: ObjectId,
    email: String,
    name: String,
}

fn main() {}
