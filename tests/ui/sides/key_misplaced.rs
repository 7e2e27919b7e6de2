use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[relation(many_to_one, target = User, name = "author", back_populates = "posts")]
struct Post {
    #[serde(rename = "_id")]
    id: ObjectId,
    author_id: ObjectId,
}

#[derive(Serialize, Deserialize, Model)]
#[relation(one_to_many, target = Post, fk = author_id, back_populates = "author")]
struct User {
    #[serde(rename = "_id")]
    id: ObjectId,
}

fn main() {}
