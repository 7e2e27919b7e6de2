use earnorm::mongodb::bson::DateTime;
use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[serde(tag = "kind", rename = "car")]
#[model(collection = "vehicles")]
struct Car {
    #[serde(rename = "_id")]
    id: ObjectId,
    #[model(version)]
    rev: i64,
    #[model(updated_at)]
    updated: DateTime,
}

#[derive(Serialize, Deserialize, Model)]
#[serde(tag = "kind", rename = "truck")]
#[model(collection = "vehicles")]
struct Truck {
    #[serde(rename = "_id")]
    id: ObjectId,
    #[model(version)]
    version: i64,
    #[model(updated_at)]
    changed: DateTime,
}

#[derive(Model)]
enum Vehicle {
    Car(Car),
    Truck(Truck),
}

fn main() {}
