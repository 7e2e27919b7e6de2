use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[model(embedded)]
struct Order {
    #[serde(rename = "_id")]
    id: ObjectId,
}

fn main() {}
