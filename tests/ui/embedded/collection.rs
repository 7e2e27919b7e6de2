use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Embedded)]
#[model(collection = "lines")]
struct Line {
    quantity: i32,
}

#[derive(Serialize, Deserialize, Model)]
struct Order {
    #[serde(rename = "_id")]
    id: ObjectId,
    #[model(embedded)]
    lines: Vec<Line>,
}

fn main() {}
