use earnorm::prelude::*;
use earnorm::mongodb::Database;

#[derive(Serialize, Deserialize, Model)]
#[relation(many_to_many, target = "Group", through = "Membership")]
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
    id: Option<ObjectId>,
    user_id: ObjectId,
    group_id: ObjectId,
    role: String,
}

fn uses(db: &Database, user: &User, group: &Group) {
    let _ = user.groups().add(db, group);
}

fn main() {}
