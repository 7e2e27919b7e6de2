use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[relation]
struct User {
    #[serde(rename = "_id")]
    id: ObjectId,
}

fn main() {}
