use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[relation(one_to_many, target = Parcel, fk = owner_id, on_delete = "restrict")]
struct Owner {
    #[serde(rename = "_id")]
    id: ObjectId,
}

#[derive(Serialize, Deserialize, Model)]
struct Parcel {
    #[serde(rename = "_id")]
    id: ObjectId,
    #[serde(rename = "owner.id")]
    owner_id: ObjectId,
    #[relation(many_to_many, target = Owner, name = "senders")]
    #[serde(rename = "$senders")]
    sender_ids: Vec<ObjectId>,
}

fn main() {}
