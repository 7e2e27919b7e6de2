use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
struct User {
    #[serde(rename = "_id", skip_serializing)]
    id: Option<ObjectId>,
}

fn main() {}
