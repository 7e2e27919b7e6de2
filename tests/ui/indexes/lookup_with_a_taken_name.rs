use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[index(email, unique, lookup = "find")]
#[index(name, unique, lookup = "by_email")]
#[index(nick, unique, lookup = "by_email")]
struct User {
    #[serde(rename = "_id")]
    id: ObjectId,
    email: String,
    name: String,
    nick: String,
}

fn main() {}
