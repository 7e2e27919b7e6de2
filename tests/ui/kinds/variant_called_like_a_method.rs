use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[serde(tag = "kind", rename = "car")]
#[model(collection = "vehicles")]
struct Car {
    #[serde(rename = "_id")]
    id: i32,
    doors: i32,
}

#[derive(Serialize, Deserialize, Model)]
#[serde(tag = "kind", rename = "truck")]
#[model(collection = "vehicles")]
struct Truck {
    #[serde(rename = "_id")]
    id: i32,
    load: f64,
}

#[derive(Model)]
enum Vehicle {
    Find(Car),
    Crate(Truck),
}

fn main() {}
