use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[model(colection = "people")]
struct User {
    #[serde(rename = "_id")]
    id: ObjectId,
}

fn main() {}
