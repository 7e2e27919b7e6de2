use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[relation(many_to_many, target = "Group", ids = "group_ids", fk = "id")]
struct User {
    #[serde(rename = "_id")]
    id: ObjectId,
    group_ids: Vec<ObjectId>,
}

#[derive(Serialize, Deserialize, Model)]
struct Group {
    #[serde(rename = "_id")]
    id: ObjectId,
}

fn main() {}
