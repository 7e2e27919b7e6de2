use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[index(text(email), collation = doc! { "locale": "en" })]
struct User {
    #[serde(rename = "_id")]
    id: ObjectId,
    email: String,
}

fn main() {}
