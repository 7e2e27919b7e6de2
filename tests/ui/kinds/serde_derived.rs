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
enum Vehicle {
    Car(Car),
}

fn main() {}
