use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[relation(one_to_many, target = "Post", fk = "author_id", filter = doc! { "likes": 1 }, orphan_removal)]
#[relation(one_to_many, name = "kept", target = "Post", fk = "author_id", limit = 1, orphan_removal, on_delete = "no_action")]
struct User {
    #[serde(rename = "_id")]
    id: ObjectId,
}

#[derive(Serialize, Deserialize, Model)]
struct Post {
    #[serde(rename = "_id")]
    id: ObjectId,
    likes: i64,
    author_id: ObjectId,
}

fn main() {}
