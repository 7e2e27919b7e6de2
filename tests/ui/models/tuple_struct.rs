use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
struct Event(ObjectId);

fn main() {}
