use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
struct Node {
    #[serde(rename = "_id")]
    id: ObjectId,
    #[relation(many_to_one, target = self)]
    parent_id: Option<ObjectId>,
}

fn main() {}
