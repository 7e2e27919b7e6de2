use earnorm::prelude::*;

#[derive(Clone, Copy, Serialize, Deserialize, Reference)]
#[serde(tag = "type", content = "id")]
enum About {
    Article(ObjectId),
    Reply(ObjectId),
}

#[derive(Serialize, Deserialize, Model)]
struct Article {
    #[serde(rename = "_id")]
    id: ObjectId,
}

#[derive(Serialize, Deserialize, Model)]
struct Reply {
    #[serde(rename = "_id")]
    id: ObjectId,
    #[relation(many_to_one, recursive = "thread")]
    about: About,
}

fn main() {}
