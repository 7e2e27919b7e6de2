use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
struct Event;

fn main() {}
