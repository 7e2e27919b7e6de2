use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
struct Order {
    #[serde(rename = "_id")]
    id: ObjectId,
    line: ObjectId,
}

#[derive(Serialize, Deserialize, Model)]
#[relation(many_to_many, target = Order, target_ids = lines.product_id)]
struct Product {
    #[serde(rename = "_id")]
    id: ObjectId,
}

fn main() {}
