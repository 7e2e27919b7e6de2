use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
struct Order {
    #[serde(rename = "_id")]
    id: ObjectId,
}

#[derive(Serialize, Deserialize, Model)]
struct Link {
    #[serde(rename = "_id")]
    id: ObjectId,
    order_id: ObjectId,
    product_id: ObjectId,
}

#[derive(Serialize, Deserialize, Model)]
#[relation(many_to_many, target = Order, through = Link, on_delete = "pull")]
struct Product {
    #[serde(rename = "_id")]
    id: ObjectId,
}

fn main() {}
