use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
struct Event<T> {
    #[serde(rename = "_id")]
    id: ObjectId,
    payload: T,
}

fn main() {}
