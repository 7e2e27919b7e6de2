use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
struct Parcel {
    #[serde(rename = "_id")]
    id: ObjectId,
    #[serde(rename = "size.w")]
    width: f64,
}

fn uses(parcel: &Parcel) {
    let _ = Parcel::WIDTH.eq(parcel.width);
}

fn main() {}
