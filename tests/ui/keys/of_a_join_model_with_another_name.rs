use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[relation(many_to_many, target = Group, through = Membership)]
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
struct Membership {
    #[serde(rename = "_id")]
    id: ObjectId,
    member_id: ObjectId,
    group_id: ObjectId,
}

fn main() {}
