use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[relation(one_to_one, target = Profile, fk = user_id)]
struct User {
    #[serde(rename = "_id")]
    id: ObjectId,
}

#[derive(Serialize, Deserialize, Model)]
struct Profile {
    #[serde(rename = "_id")]
    id: ObjectId,
    user_id: ObjectId,
}

fn uses(db: &earnorm::mongodb::Database, user: &User) {
    let _ = user.profile().all(db);
}

fn main() {}
