use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[relation(one_to_mny, target = "Post", fk = "authr_id", limt = 3)]
#[relation(
    one_to_many,
    name = "insert",
    target = "Post",
    fk = "author_id",
    cascade_delete,
    limit = 3
)]
struct User {
    #[serde(rename = "_id")]
    id: ObjectId,
    #[serde(rename(serialize = "first", deserialize = "last"))]
    name: String,
    #[relation(many_to_one, target = "Group")]
    owner: ObjectId,
}

#[derive(Serialize, Deserialize, Model)]
struct Post {
    #[serde(rename = "_id")]
    id: ObjectId,
    title: String,
    likes: i64,
    author_id: ObjectId,
}

#[derive(Serialize, Deserialize, Model)]
struct Group {
    #[serde(rename = "_id")]
    id: ObjectId,
}

fn uses(user: &User) {
    let _ = user.posts();
    let _ = User::POSTS;
}

fn main() {}
