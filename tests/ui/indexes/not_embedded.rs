use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[index(address.city)]
struct User {
    #[serde(rename = "_id")]
    id: ObjectId,
    address: Address,
}

fn main() {}

#[derive(Serialize, Deserialize, Embedded)]
struct Address {
    city: String,
}
