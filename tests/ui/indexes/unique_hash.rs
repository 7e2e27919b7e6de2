use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[index(hashed(email), unique)]
struct User {
    #[serde(rename = "_id")]
    id: ObjectId,
    email: String,
}

fn main() {}
