use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Embedded)]
struct Party {
    name: String,
}

#[derive(Serialize, Deserialize, Model)]
struct Order {
    #[serde(rename = "_id")]
    id: ObjectId,
    #[model(embedded)]
    billing: Party,
}

#[derive(Serialize, Deserialize, Model)]
#[relation(one_to_many, target = Order, fk = billing.address.country_id)]
struct Country {
    #[serde(rename = "_id")]
    id: ObjectId,
}

fn main() {}
