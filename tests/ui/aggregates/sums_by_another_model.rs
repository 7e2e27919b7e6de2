use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[relation(one_to_many, target = Post, fk = author_id)]
#[relation(one_to_one, target = Profile, fk = user_id)]
struct User {
    #[serde(rename = "_id")]
    id: ObjectId,
    name: String,
}

#[derive(Serialize, Deserialize, Model)]
struct Post {
    #[serde(rename = "_id")]
    id: ObjectId,
    title: String,
    likes: i64,
    tags: Vec<String>,
    state: State,
    place: Place,
    author_id: ObjectId,
}

#[derive(Serialize, Deserialize, Model)]
struct Profile {
    #[serde(rename = "_id")]
    id: ObjectId,
    likes: i64,
    user_id: ObjectId,
}

#[derive(Serialize, Deserialize)]
enum State {
    Draft,
    Public,
}

#[derive(Serialize, Deserialize)]
struct Place {
    city: String,
}

async fn uses(db: &earnorm::mongodb::Database, user: User, users: Vec<User>) {
    let _ = User::POSTS.sum_by(db, &users, Profile::LIKES).await;
}

fn main() {}
