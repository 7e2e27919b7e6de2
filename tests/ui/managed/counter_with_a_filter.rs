use earnorm::mongodb::bson::DateTime;
use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[relation(one_to_many, target = Comment, fk = post_id, counter = comment_count, touch = active_at, filter = doc! { "a": 1 })]
struct Post {
    #[serde(rename = "_id")]
    id: ObjectId,
    comment_count: i64,
    active_at: DateTime,
}

#[derive(Serialize, Deserialize, Model)]
struct Comment {
    #[serde(rename = "_id")]
    id: ObjectId,
    #[relation(many_to_one, target = Post)]
    post_id: ObjectId,
}

fn main() {}
