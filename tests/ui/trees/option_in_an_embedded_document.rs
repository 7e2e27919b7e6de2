use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
struct Topic {
    #[serde(rename = "_id")]
    id: ObjectId,
    #[model(embedded)]
    place: Place,
}

#[derive(Serialize, Deserialize, Embedded)]
struct Place {
    #[relation(many_to_one, target = Topic, recursive = "above")]
    parent_id: Option<ObjectId>,
}

fn main() {}
