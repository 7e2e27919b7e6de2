use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[index(email, -creatd)]
struct User {
    #[serde(rename = "_id")]
    id: ObjectId,
    email: String,
    created: i64,
}

fn main() {}
