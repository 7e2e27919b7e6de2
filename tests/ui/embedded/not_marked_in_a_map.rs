use std::collections::HashMap;

use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Embedded)]
struct Line {
    #[relation(many_to_one, target = Product, on_delete = "restrict")]
    product_id: ObjectId,
}

#[derive(Serialize, Deserialize, Model)]
struct Order {
    #[serde(rename = "_id")]
    id: ObjectId,
    lines: HashMap<String, Box<Line>>,
}

#[derive(Serialize, Deserialize, Model)]
struct Product {
    #[serde(rename = "_id")]
    id: ObjectId,
}

fn main() {}
