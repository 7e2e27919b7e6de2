use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[serde(tag = "kind")]
#[model(collection = "vehicles")]
#[index(plate, sparse)]
struct Car {
    #[serde(rename = "_id")]
    id: ObjectId,
    plate: Option<String>,
}

fn main() {}
