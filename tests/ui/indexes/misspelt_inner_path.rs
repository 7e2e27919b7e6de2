use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[index(address.plcae.city)]
struct User {
    #[serde(rename = "_id")]
    id: ObjectId,
    #[model(embedded)]
    address: Address,
}

fn main() {}

#[derive(Serialize, Deserialize, Embedded)]
struct Address {
    #[model(embedded)]
    place: Place,
}

#[derive(Serialize, Deserialize, Embedded)]
struct Place {
    city: String,
}
