use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[relation(one_to_one, target = "Group", through = "UserGroup")]
struct User {
    #[serde(rename = "_id")]
    id: ObjectId,
}

#[derive(Serialize, Deserialize, Model)]
struct Group {
    #[serde(rename = "_id")]
    id: ObjectId,
}

#[derive(Serialize, Deserialize, Model)]
struct UserGroup {
    #[serde(rename = "_id")]
    id: ObjectId,
    user_id: ObjectId,
    group_id: ObjectId,
}

fn main() {}
