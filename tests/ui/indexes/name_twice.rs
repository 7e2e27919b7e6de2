use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[index(email, name = "one")]
#[index(age, name = "one")]
struct User {
    #[serde(rename = "_id")]
    id: ObjectId,
    email: String,
    age: i32,
}

fn main() {}
