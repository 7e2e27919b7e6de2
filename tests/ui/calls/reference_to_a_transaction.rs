use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
struct User {
    #[serde(rename = "_id")]
    id: ObjectId,
    name: String,
    age: Option<u32>,
}

fn uses(tx: &Transaction) {
    let _ = User::find_all().all(&tx);
}

fn main() {}
