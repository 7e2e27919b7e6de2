use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[serde(tag = "the.kind")]
struct Parcel {
    #[serde(rename = "_id")]
    id: ObjectId,
}

fn main() {}
