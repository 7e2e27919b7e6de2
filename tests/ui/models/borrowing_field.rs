use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
struct Account {
    #[serde(rename = "_id")]
    id: ObjectId,
    name: &'static str,
}

fn main() {}
