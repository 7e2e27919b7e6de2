use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[relation(one_to_many, target = Comment, fk = post_id, counter = number)]
#[relation(one_to_many, target = Like, fk = post_id, counter = number)]
struct Post {
    #[serde(rename = "_id")]
    id: ObjectId,
    number: i64,
}

#[derive(Serialize, Deserialize, Model)]
struct Comment {
    #[serde(rename = "_id")]
    id: ObjectId,
    #[relation(many_to_one, target = Post)]
    post_id: ObjectId,
}

#[derive(Serialize, Deserialize, Model)]
struct Like {
    #[serde(rename = "_id")]
    id: ObjectId,
    #[relation(many_to_one, target = Post)]
    post_id: ObjectId,
}

fn main() {}
