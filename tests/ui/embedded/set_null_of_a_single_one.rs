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
    line: Option<Line>,
}

#[derive(Serialize, Deserialize, Model)]
#[relation(one_to_many, target = Order, fk = line.product_id, on_delete = "set_null")]
struct Product {
    #[serde(rename = "_id")]
    id: ObjectId,
}

fn main() {}
