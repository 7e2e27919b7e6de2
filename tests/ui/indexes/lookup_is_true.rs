use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[index(email, unique, lookup = true)]
struct User {
    #[serde(rename = "_id")]
    id: ObjectId,
    email: String,
}

fn main() {}
