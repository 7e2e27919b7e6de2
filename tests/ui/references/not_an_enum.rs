use earnorm::prelude::*;

#[derive(Clone, Copy, Serialize, Deserialize, Reference)]
struct Subject {
    post: ObjectId,
}

fn main() {}
