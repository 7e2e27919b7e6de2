use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
struct Comment {
    #[serde(rename = "_id")]
    id: ObjectId,
    #[relation(many_to_one)]
    post_id: ObjectId,
}

fn main() {}
