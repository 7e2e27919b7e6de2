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
#[model(collection = "vehicles", hooks)]
enum Vehicle {
    Car(Car),
}

fn main() {}
