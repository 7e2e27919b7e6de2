use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[model(collection = "photos", soft_delete)]
struct Photo {
    #[serde(rename = "_id")]
    id: ObjectId,
}

fn main() {}
