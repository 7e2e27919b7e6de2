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
    #[model(embedded)]
    lines: Vec<Line>,
}

#[derive(Serialize, Deserialize, Model)]
#[relation(many_to_many, target = Order, target_ids = lines.product_id, back_populates = lines.product, on_delete = "pull")]
struct Product {
    #[serde(rename = "_id")]
    id: ObjectId,
}

fn main() {}
