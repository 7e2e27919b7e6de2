use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[relation(many_to_one, target = "Group", name = "group")]
struct User {
    #[serde(rename = "_id")]
    id: ObjectId,
}

#[derive(Serialize, Deserialize, Model)]
struct Group {
    #[serde(rename = "_id")]
    id: ObjectId,
}

fn main() {}
