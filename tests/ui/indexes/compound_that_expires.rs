use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[index(email, created, expire_after = 60)]
struct User {
    #[serde(rename = "_id")]
    id: ObjectId,
    email: String,
    created: i64,
}

fn main() {}
