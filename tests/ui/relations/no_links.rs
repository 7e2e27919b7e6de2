use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[relation(many_to_many, target = "Group")]
struct User {
    #[serde(rename = "_id")]
    id: ObjectId,
}

#[derive(Serialize, Deserialize, Model)]
struct Group {
    #[serde(rename = "_id")]
    id: ObjectId,
}

fn uses(user: &User) {
    let _ = user.groups();
}

fn main() {}
