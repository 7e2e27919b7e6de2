use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Embedded)]
enum Payment {
    Card { number: String },
    Cash,
}

#[derive(Serialize, Deserialize, Model)]
struct Order {
    #[serde(rename = "_id")]
    id: ObjectId,
    #[model(embedded)]
    payment: Payment,
}

fn main() {}
