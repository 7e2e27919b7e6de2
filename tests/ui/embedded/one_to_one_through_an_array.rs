use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Embedded)]
struct Line {
    product_id: ObjectId,
}

#[derive(Serialize, Deserialize, Model)]
struct Order {
    #[serde(rename = "_id")]
    id: ObjectId,
    #[model(embedded)]
    lines: Vec<Line>,
}

#[derive(Serialize, Deserialize, Model)]
#[relation(one_to_one, target = Order, fk = lines.product_id)]
struct Product {
    #[serde(rename = "_id")]
    id: ObjectId,
}

fn main() {}
