use earnorm::prelude::*;
use earnorm::mongodb::Client;

#[derive(Serialize, Deserialize, Model)]
struct User {
    #[serde(rename = "_id")]
    id: ObjectId,
    name: String,
    age: Option<u32>,
}

fn uses(client: &Client) {
    let _ = User::find_all().all(client);
}

fn main() {}
