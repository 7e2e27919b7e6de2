use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[model(index(title))]
struct Book {
    #[serde(rename = "_id")]
    id: ObjectId,
    #[model(index)]
    title: String,
    #[model(unique)]
    isbn: String,
}

fn main() {}
