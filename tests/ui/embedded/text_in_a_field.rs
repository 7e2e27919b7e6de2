use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
struct Order {
    #[serde(rename = "_id")]
    id: ObjectId,
    #[model(embedded)]
    lines: String,
}

fn main() {}
