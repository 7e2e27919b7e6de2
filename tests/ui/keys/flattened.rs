use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
struct User {
    #[serde(rename = "_id")]
    id: ObjectId,
    #[relation(many_to_one, target = "Group", name = "group")]
    #[serde(flatten)]
    rest: Rest,
}

#[derive(Serialize, Deserialize, Model)]
struct Group {
    #[serde(rename = "_id")]
    id: ObjectId,
}

#[derive(Serialize, Deserialize)]
struct Rest {
    group_id: ObjectId,
}

fn main() {}
