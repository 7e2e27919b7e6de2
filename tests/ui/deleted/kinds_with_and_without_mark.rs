use earnorm::Deletion;
use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[serde(tag = "kind", rename = "car")]
#[model(collection = "vehicles")]
struct Car {
    #[serde(rename = "_id")]
    id: i32,
    #[model(soft_delete)]
    deleted: Option<Deletion>,
}

#[derive(Serialize, Deserialize, Model)]
#[serde(tag = "kind", rename = "truck")]
#[model(collection = "vehicles")]
struct Truck {
    #[serde(rename = "_id")]
    id: i32,
}

#[derive(Model)]
enum Vehicle {
    Car(Car),
    Truck(Truck),
}

fn main() {}
