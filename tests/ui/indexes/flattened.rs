use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[index(address)]
struct User {
    #[serde(rename = "_id")]
    id: ObjectId,
    #[serde(flatten)]
    #[model(embedded)]
    address: Address,
}

fn main() {}

#[derive(Serialize, Deserialize, Embedded)]
struct Address {
    city: String,
}
