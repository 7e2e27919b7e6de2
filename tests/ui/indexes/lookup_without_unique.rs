use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[index(email, lookup = "by_mail")]
struct User {
    #[serde(rename = "_id")]
    id: ObjectId,
    email: String,
}

fn main() {}
