use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[index(hash(email))]
#[index(desc(email))]
#[index(text())]
#[index(text(-email))]
struct User {
    #[serde(rename = "_id")]
    id: ObjectId,
    email: String,
}

fn main() {}
