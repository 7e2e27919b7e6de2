use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
struct User {
    id: ObjectId,
}

fn main() {}
