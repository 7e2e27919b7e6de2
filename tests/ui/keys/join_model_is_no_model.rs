use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[relation(many_to_many, target = "Tag", through = "UserTag")]
struct User {
    #[serde(rename = "_id")]
    id: ObjectId,
}

#[derive(Serialize, Deserialize)]
struct UserTag {
    user_id: ObjectId,
    tag_id: ObjectId,
}

#[derive(Serialize, Deserialize, Model)]
struct Tag {
    #[serde(rename = "_id")]
    id: ObjectId,
}

fn main() {}
