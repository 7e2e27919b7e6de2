use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
struct Parcel {
    #[serde(rename = "_id")]
    id: ObjectId,
    #[serde(rename(serialize = "size.w", deserialize = "size.w"))]
    width: f64,
}

fn uses(parcel: &Parcel) {
    let _ = Parcel::WIDTH.eq(parcel.width);
}

fn main() {}
