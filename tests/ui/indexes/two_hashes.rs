use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[index(hashed(email), hashed(name))]
#[index(hashed(name), text(email))]
#[index(hashed(email, name))]
struct User {
    #[serde(rename = "_id")]
    id: ObjectId,
    email: String,
    name: String,
}

fn main() {}
