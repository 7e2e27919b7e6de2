use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
struct User {
    #[serde(rename = "_id")]
    id: ObjectId,
    #[relation(many_to_one, target = "Group", fk = "id")]
    group_id: ObjectId,
}

#[derive(Serialize, Deserialize, Model)]
struct Group {
    #[serde(rename = "_id")]
    id: ObjectId,
}

fn main() {}
