use earnorm::mongodb::bson::DateTime;
use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
struct Order {
    #[serde(rename = "_id")]
    id: ObjectId,
    #[model(embedded)]
    lines: Vec<Line>,
}

#[derive(Serialize, Deserialize, Embedded)]
struct Line {
    quantity: i32,
    #[model(updated_at)]
    updated: DateTime,
}

fn main() {}
