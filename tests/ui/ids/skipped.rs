use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
struct User {
    #[serde(skip, default = "ObjectId::new")]
    id: ObjectId,
}

fn main() {}
