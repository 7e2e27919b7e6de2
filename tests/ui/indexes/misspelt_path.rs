use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[index(address.town)]
struct User {
    #[serde(rename = "_id")]
    id: ObjectId,
    #[model(embedded)]
    address: Address,
}

fn main() {}

#[derive(Serialize, Deserialize, Embedded)]
struct Address {
    city: String,
}
