use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
struct Order {
    #[serde(rename = "_id")]
    id: ObjectId,
    #[relation(many_to_one, target = Product, on_delete = "pull")]
    product_id: ObjectId,
}

#[derive(Serialize, Deserialize, Model)]
struct Product {
    #[serde(rename = "_id")]
    id: ObjectId,
}

fn main() {}
