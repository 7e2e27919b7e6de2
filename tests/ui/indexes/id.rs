use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[index(id)]
#[index(id, email)]
#[index(hashed(id))]
struct User {
    #[serde(rename = "_id")]
    id: ObjectId,
    email: String,
}

fn main() {}
