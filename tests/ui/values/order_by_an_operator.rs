use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[relation(one_to_many, target = Parcel, fk = owner_id, order_by = [("size.$w", 1)])]
struct Owner {
    #[serde(rename = "_id")]
    id: ObjectId,
}

#[derive(Serialize, Deserialize, Model)]
struct Parcel {
    #[serde(rename = "_id")]
    id: ObjectId,
    owner_id: ObjectId,
    size: f64,
}

fn main() {}
