use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
struct Order {
    #[serde(rename = "_id")]
    id: ObjectId,
    #[relation(many_to_many, target = Product, on_delete = "pull")]
    product_ids: Vec<ObjectId>,
}

#[derive(Serialize, Deserialize, Model)]
struct Product {
    #[serde(rename = "_id")]
    id: ObjectId,
}

fn main() {}
