use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[index(email, name)]
#[index(email, name = "*")]
#[index(email, partial = "active")]
#[index(email, collation = "en")]
#[index(email, unique = true)]
#[index(email, partial(doc! {}))]
struct User {
    #[serde(rename = "_id")]
    id: ObjectId,
    email: String,
}

fn main() {}
