use earnorm::prelude::*;

#[derive(Serialize, Deserialize)]
struct Line {
    quantity: i32,
}

#[derive(Serialize, Deserialize, Model)]
struct Order {
    #[serde(rename = "_id")]
    id: ObjectId,
    #[model(embedded)]
    lines: Line,
}

fn main() {}
