use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Embedded)]
struct Comment {
    #[relation(many_to_one, target = Post)]
    post_id: ObjectId,
    #[model(embedded)]
    replies: Vec<Comment>,
}

#[derive(Serialize, Deserialize, Model)]
struct Post {
    #[serde(rename = "_id")]
    id: ObjectId,
    #[model(embedded)]
    comments: Vec<Comment>,
}

fn main() {}
