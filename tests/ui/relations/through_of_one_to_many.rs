use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[relation(one_to_many, target = "Post", fk = "author_id", through = "UserGroup")]
struct User {
    #[serde(rename = "_id")]
    id: ObjectId,
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
struct UserGroup {
    #[serde(rename = "_id")]
    id: ObjectId,
    user_id: ObjectId,
    group_id: ObjectId,
}

fn uses(user: &User) {
    let _ = user.posts();
    let _ = User::POSTS;
}

fn main() {}
