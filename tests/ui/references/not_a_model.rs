use earnorm::prelude::*;

#[derive(Clone, Copy, Serialize, Deserialize, Reference)]
#[serde(tag = "type", content = "id")]
enum Subject {
    Post(ObjectId),
    Photo(ObjectId),
}

#[derive(Serialize, Deserialize, Model)]
struct Post {
    #[serde(rename = "_id")]
    id: ObjectId,
}

#[derive(Serialize, Deserialize)]
struct Photo {
    id: ObjectId,
}

fn main() {}
