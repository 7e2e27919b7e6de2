use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[index(email, sparse, partial = doc! { "active": true })]
struct User {
    #[serde(rename = "_id")]
    id: ObjectId,
    email: String,
}

fn main() {}
