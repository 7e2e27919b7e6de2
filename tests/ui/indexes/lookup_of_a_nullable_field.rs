use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[index(email, unique, sparse, lookup = "by_mail")]
struct User {
    #[serde(rename = "_id")]
    id: ObjectId,
    email: Option<String>,
}

fn main() {}
