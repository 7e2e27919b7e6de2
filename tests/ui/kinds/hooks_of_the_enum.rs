use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[serde(tag = "kind", rename = "car")]
#[model(collection = "vehicles")]
struct Car {
    #[serde(rename = "_id")]
    id: i32,
    doors: i32,
}

#[derive(Model)]
enum Vehicle {
    Car(Car),
}

impl Hooks for Vehicle {}

fn main() {}
