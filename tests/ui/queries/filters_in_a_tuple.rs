use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
struct User {
    #[serde(rename = "_id")]
    id: ObjectId,
    name: String,
    age: Option<u32>,
}

fn uses() {
    let _ = User::find((User::NAME.eq("Ada"), User::AGE.gt(3)));
}

fn main() {}
