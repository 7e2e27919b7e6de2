use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Embedded)]
struct Line {
    #[relation(many_to_one, target = Product, on_delete = "pull")]
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
struct Product {
    #[serde(rename = "_id")]
    id: ObjectId,
}

fn main() {}
