use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[relation(one_to_many, target = Comment, fk = post_id, counter = comment_count, order_by = [("_id", 1)], limit = 3)]
struct Post {
    #[serde(rename = "_id")]
    id: ObjectId,
    comment_count: i64,
}

#[derive(Serialize, Deserialize, Model)]
struct Comment {
    #[serde(rename = "_id")]
    id: ObjectId,
    #[relation(many_to_one, target = Post)]
    post_id: ObjectId,
}

fn main() {}
