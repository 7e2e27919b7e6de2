use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[index(text(email))]
#[index(text(name))]
struct User {
    #[serde(rename = "_id")]
    id: ObjectId,
    email: String,
    name: String,
}

fn main() {}
