use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[model(timestamps)]
struct Post {
    #[serde(rename = "_id")]
    id: ObjectId,
}

#[derive(Serialize, Deserialize, Model)]
#[model(soft_delete)]
struct Photo {
    #[serde(rename = "_id")]
    id: ObjectId,
}

#[derive(Serialize, Deserialize, Model)]
#[model(index(title))]
struct Book {
    #[serde(rename = "_id")]
    id: ObjectId,
    #[model(index)]
    title: String,
    #[model(unique)]
    isbn: String,
    #[model(created_at)]
    created: i64,
}

fn main() {}
