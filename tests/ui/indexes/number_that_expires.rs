use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[index(created, expire_after = 60)]
struct User {
    #[serde(rename = "_id")]
    id: ObjectId,
    created: Option<i64>,
}

fn main() {}
