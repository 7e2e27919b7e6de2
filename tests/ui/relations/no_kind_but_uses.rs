use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[relation(target = "Post", fk = "author_id", back_populates = "author")]
struct User {
    #[serde(rename = "_id")]
    id: ObjectId,
}

#[derive(Serialize, Deserialize, Model)]
struct Post {
    #[serde(rename = "_id")]
    id: ObjectId,
    #[relation(many_to_one, target = "User", back_populates = "posts")]
    author_id: ObjectId,
}

fn posts(user: &User) {
    let _ = user.posts();
    let _ = User::POSTS;
}

fn main() {}
