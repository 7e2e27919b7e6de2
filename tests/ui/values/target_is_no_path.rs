use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[relation(one_to_many, target = 3, fk = "author_id")]
struct User {
    #[serde(rename = "_id")]
    id: ObjectId,
}

fn main() {}
