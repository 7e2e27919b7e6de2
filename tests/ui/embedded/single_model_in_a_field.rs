use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
struct Line {
    #[serde(rename = "_id")]
    id: ObjectId,
}

#[derive(Serialize, Deserialize, Model)]
struct Order {
    #[serde(rename = "_id")]
    id: ObjectId,
    #[model(embedded)]
    lines: Line,
}

fn main() {}
