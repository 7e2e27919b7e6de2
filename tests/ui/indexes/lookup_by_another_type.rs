use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[index(email, unique)]
struct User {
    #[serde(rename = "_id")]
    id: ObjectId,
    email: String,
}

fn lookup() {
    let _ = User::by_email(3);
}

fn main() {}
