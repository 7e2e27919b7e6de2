use earnorm::mongodb::bson::DateTime;
use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[relation(one_to_one, target = Comment, fk = post_id, counter = comment_count)]
struct Post {
    #[serde(rename = "_id")]
    id: ObjectId,
    comment_count: i64,
}

#[derive(Serialize, Deserialize, Model)]
struct Comment {
    #[serde(rename = "_id")]
    id: ObjectId,
    #[relation(many_to_one, target = Post, touch = seen_at)]
    post_id: ObjectId,
    seen_at: DateTime,
}

fn main() {}
