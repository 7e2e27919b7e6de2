use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[index(email, expire_after = "1h")]
#[index(age, expire_after = -1)]
#[index(size, expire_after = 3_000_000_000)]
struct User {
    #[serde(rename = "_id")]
    id: ObjectId,
    email: String,
    age: i32,
    size: i32,
}

fn main() {}
