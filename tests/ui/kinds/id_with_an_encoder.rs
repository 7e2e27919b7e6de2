use earnorm::prelude::*;

mod text {
    use earnorm::prelude::*;

    pub fn serialize<S: serde::Serializer>(id: &i32, serializer: S) -> Result<S::Ok, S::Error> {
        id.to_string().serialize(serializer)
    }

    pub fn deserialize<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<i32, D::Error> {
        i32::deserialize(deserializer)
    }
}

#[derive(Serialize, Deserialize, Model)]
#[serde(tag = "kind", rename = "car")]
#[model(collection = "vehicles")]
struct Car {
    #[serde(rename = "_id", with = "text")]
    id: i32,
    doors: i32,
}

#[derive(Model)]
enum Vehicle {
    Car(Car),
}

fn main() {}
