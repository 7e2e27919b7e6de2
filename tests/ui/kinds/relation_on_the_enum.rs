use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[serde(tag = "kind", rename = "car")]
#[model(collection = "vehicles")]
struct Car {
    #[serde(rename = "_id")]
    id: i32,
    owner_id: i32,
}

#[derive(Serialize, Deserialize, Model)]
struct Owner {
    #[serde(rename = "_id")]
    id: i32,
}

#[derive(Model)]
#[relation(many_to_one, target = Owner, fk = owner_id)]
enum Vehicle {
    #[relation(one_to_many, target = Owner, fk = car_id)]
    Car(Car),
}

fn main() {}
