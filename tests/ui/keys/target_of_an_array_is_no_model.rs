use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
struct User {
    #[serde(rename = "_id")]
    id: ObjectId,
    #[relation(many_to_many, target = "Tag")]
    tag_ids: Vec<ObjectId>,
}

#[derive(Serialize, Deserialize)]
struct Tag {
    name: String,
}

fn main() {}
