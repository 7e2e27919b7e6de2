use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
struct User {
    #[serde(rename = "_id")]
    id: ObjectId,
    name: String,
    age: Option<u32>,
}

fn uses() {
    let _ = User::find_all().order_by(User::NAME);
}

fn main() {}
