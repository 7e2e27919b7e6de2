use earnorm::prelude::*;

#[derive(Serialize, Model)]
struct Event<'a> {
    #[serde(rename = "_id")]
    id: ObjectId,
    name: &'a str,
}

fn main() {}
