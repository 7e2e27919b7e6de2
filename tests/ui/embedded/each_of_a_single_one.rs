use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Embedded)]
struct Line {
    #[relation(many_to_one, target = Product)]
    product_id: ObjectId,
    quantity: i32,
}

#[derive(Serialize, Deserialize, Embedded)]
struct Party {
    name: String,
}

#[derive(Serialize, Deserialize, Model)]
struct Order {
    #[serde(rename = "_id")]
    id: ObjectId,
    #[model(embedded)]
    lines: Vec<Line>,
    #[model(embedded)]
    billing: Option<Party>,
}

#[derive(Serialize, Deserialize, Model)]
struct Product {
    #[serde(rename = "_id")]
    id: ObjectId,
}

fn uses() {
    let _ = Order::BILLING.each().at(Party::NAME).set("Ada");
}

fn main() {}
