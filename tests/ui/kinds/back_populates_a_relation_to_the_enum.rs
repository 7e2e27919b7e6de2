use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[serde(tag = "kind", rename = "car")]
#[model(collection = "vehicles")]
#[relation(one_to_many, target = Trip, fk = vehicle_id, back_populates = "vehicle")]
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
    Car(Car),
    Truck(Truck),
}

#[derive(Serialize, Deserialize, Model)]
struct Trip {
    #[serde(rename = "_id")]
    id: i32,
    #[relation(many_to_one, target = Vehicle)]
    vehicle_id: i32,
}

fn main() {}
