use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[serde(tag = "kind", rename = "car")]
#[model(collection = "vehicles")]
struct Car {
    #[serde(rename = "_id")]
    id: i32,
    #[relation(many_to_one, target = Owner)]
    owner_id: i32,
}

#[derive(Serialize, Deserialize, Model)]
struct Owner {
    #[serde(rename = "_id")]
    id: i32,
}

#[derive(Model)]
enum Vehicle {
    Car(Car),
}

fn main() {
    let _ = Vehicle::find_all().with(Car::OWNER);
}
