use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[index(email, unique)]
#[index("email", unique)]
#[index(email, unique, partial = doc! { "active": true })]
#[index(email, unique, partial = doc! { "active": true }, name = "again")]
struct User {
    #[serde(rename = "_id")]
    id: ObjectId,
    email: String,
}

fn main() {}
