use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[relation(one_to_many, target = "Tag", fk = "author_id")]
struct User {
    #[serde(rename = "_id")]
    id: ObjectId,
}

#[derive(Serialize, Deserialize)]
struct Tag {
    author_id: ObjectId,
}

fn main() {}
