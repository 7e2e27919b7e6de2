use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[relation(one_to_many, target = Plant, fk = bed_id, recursive = "all_plants")]
struct Bed {
    #[serde(rename = "_id")]
    id: ObjectId,
}

#[derive(Serialize, Deserialize, Model)]
struct Plant {
    #[serde(rename = "_id")]
    id: ObjectId,
    bed_id: ObjectId,
}

fn main() {}
