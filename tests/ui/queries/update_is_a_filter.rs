use earnorm::prelude::*;
use earnorm::mongodb::Database;

#[derive(Serialize, Deserialize, Model)]
struct User {
    #[serde(rename = "_id")]
    id: ObjectId,
    name: String,
    age: Option<u32>,
}

fn uses(db: &Database) {
    let _ = User::find_all().update(db, User::NAME.eq("Ada"));
}

fn main() {}
