use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
struct User {
    #[serde(rename = "_id")]
    id: ObjectId,
    #[relation(many_to_many, target = "Group", ids = "group_ids")]
    group_ids: Vec<ObjectId>,
}

#[derive(Serialize, Deserialize, Model)]
struct Group {
    #[serde(rename = "_id")]
    id: ObjectId,
}

fn main() {}
