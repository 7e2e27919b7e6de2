use earnorm::prelude::*;

#[derive(Clone, Copy, Serialize, Deserialize, Reference)]
#[serde(tag = "type", content = "id")]
enum Subject {
    Post(ObjectId),
    Photo(ObjectId),
}

#[derive(Serialize, Deserialize, Model)]
struct Photo {
    #[serde(rename = "_id")]
    id: ObjectId,
}

#[derive(Serialize, Deserialize, Embedded)]
struct Item {
    #[relation(many_to_one)]
    subject: Subject,
}

#[derive(Serialize, Deserialize, Model)]
struct Feed {
    #[serde(rename = "_id")]
    id: ObjectId,
    #[model(embedded)]
    items: Vec<Item>,
}

#[derive(Serialize, Deserialize, Model)]
#[relation(many_to_many, target = Feed, target_ids = items.subject)]
struct Post {
    #[serde(rename = "_id")]
    id: ObjectId,
}

fn main() {}
