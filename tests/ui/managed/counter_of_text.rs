use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[relation(one_to_many, target = Comment, fk = post_id, counter = comment_count)]
struct Post {
    #[serde(rename = "_id")]
    id: ObjectId,
    comment_count: String,
}

#[derive(Serialize, Deserialize, Model)]
struct Comment {
    #[serde(rename = "_id")]
    id: ObjectId,
    #[relation(many_to_one, target = Post)]
    post_id: ObjectId,
}

fn main() {}
