use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[index(email, unique, partial = doc! { "active": true }, lookup = "by_mail")]
struct User {
    #[serde(rename = "_id")]
    id: ObjectId,
    email: String,
    active: bool,
}

fn main() {}
