use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[index(email, uniqe)]
#[index(email, expire = 5)]
#[index(email, where = doc! { "active": true })]
#[index(email, hooks)]
#[index(email, filter = doc! { "active": true })]
struct User {
    #[serde(rename = "_id")]
    id: ObjectId,
    email: String,
}

fn main() {}
