use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[index(email, -email)]
struct User {
    #[serde(rename = "_id")]
    id: ObjectId,
    email: String,
}

fn main() {}
