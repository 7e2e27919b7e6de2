use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[relation(
    many_to_many,
    target = "Group",
    through = "UserGroup",
    ids = "group_ids"
)]
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

#[derive(Serialize, Deserialize, Model)]
struct UserGroup {
    #[serde(rename = "_id")]
    id: ObjectId,
    user_id: ObjectId,
    group_id: ObjectId,
}

fn main() {}
