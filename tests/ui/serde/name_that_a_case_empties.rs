use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[serde(rename_all = "PascalCase")]
struct Parcel {
    #[serde(rename = "_id")]
    id: ObjectId,
    __: f64,
}

fn main() {}
