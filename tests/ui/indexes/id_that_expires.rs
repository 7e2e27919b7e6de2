use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[index(id, expire_after = 60)]
struct User {
    #[serde(rename = "_id")]
    id: ObjectId,
    email: String,
}

fn main() {}
