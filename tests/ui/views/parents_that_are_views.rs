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
#[view(of = User)]
struct Card {
    full_name: String,
}

async fn posts(db: &earnorm::mongodb::Database, cards: Vec<Card>) -> earnorm::Result<Vec<Vec<Post>>> {
    User::POSTS.load(db, &cards).await
}

fn main() {}
