use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[index(text(email), age, text(name))]
struct User {
    #[serde(rename = "_id")]
    id: ObjectId,
    email: String,
    age: i32,
    name: String,
}

fn main() {}
