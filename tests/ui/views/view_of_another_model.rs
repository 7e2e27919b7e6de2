use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[relation(one_to_many, target = Post, fk = author_id)]
struct User {
    #[serde(rename = "_id")]
    id: ObjectId,
    full_name: String,
    age: u32,
}

#[derive(Serialize, Deserialize, Model)]
struct Post {
    #[serde(rename = "_id")]
    id: ObjectId,
    author_id: ObjectId,
}

#[derive(Deserialize, View)]
#[view(of = Post)]
struct PostId {
    author_id: ObjectId,
}

fn main() {
    let _ = User::find_all().view::<PostId>().with(User::POSTS);
    let _ = User::POSTS.view::<User>();
}
