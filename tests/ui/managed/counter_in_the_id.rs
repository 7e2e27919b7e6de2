use earnorm::mongodb::bson::DateTime;
use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[relation(one_to_many, target = Comment, fk = post_id, counter = id, touch = seen)]
struct Post {
    #[serde(rename = "_id")]
    id: ObjectId,
    #[serde(skip)]
    seen: Option<DateTime>,
}

#[derive(Serialize, Deserialize, Model)]
struct Comment {
    #[serde(rename = "_id")]
    id: ObjectId,
    #[relation(many_to_one, target = Post)]
    post_id: ObjectId,
}

fn main() {}
