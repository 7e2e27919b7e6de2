use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[serde(tag = "kind", rename = "car")]
#[model(collection = "vehicles")]
struct Car {
    #[serde(rename = "_id")]
    id: ObjectId,
    #[model(version)]
    rev: i64,
}

#[derive(Serialize, Deserialize, Model)]
#[serde(tag = "kind", rename = "truck")]
#[model(collection = "vehicles")]
struct Truck {
    #[serde(rename = "_id")]
    id: ObjectId,
    load: i64,
}

#[derive(Model)]
enum Vehicle {
    Car(Car),
    Truck(Truck),
}

fn main() {}
