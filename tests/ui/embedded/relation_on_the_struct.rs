use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Embedded)]
#[relation(one_to_many, target = Product, fk = line_id)]
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

#[derive(Serialize, Deserialize, Model)]
struct Product {
    #[serde(rename = "_id")]
    id: ObjectId,
    line_id: ObjectId,
}

fn main() {}
