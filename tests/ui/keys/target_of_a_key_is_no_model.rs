use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
struct User {
    #[serde(rename = "_id")]
    id: ObjectId,
    #[relation(many_to_one, target = "Tag")]
    tag_id: ObjectId,
}

#[derive(Serialize, Deserialize)]
struct Tag {
    name: String,
}

fn main() {}
