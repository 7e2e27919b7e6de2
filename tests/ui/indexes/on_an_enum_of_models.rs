use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[serde(tag = "kind")]
#[model(collection = "vehicles")]
struct Car {
    #[serde(rename = "_id")]
    id: ObjectId,
}

#[derive(Model)]
#[index(id)]
enum Vehicle {
    Car(Car),
}

fn main() {}
