use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[index(email)]
struct User {
    #[serde(rename = "_id")]
    id: ObjectId,
    #[serde(skip)]
    email: String,
}

fn main() {}
