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

async fn pages(db: &earnorm::mongodb::Database) -> earnorm::Result<Vec<earnorm::loaded!(Card as User, posts: Vec<Post>)>> {
    User::find_all().view::<Card>().with(User::POSTS.count()).with(User::POSTS).all(db).await
}

fn misspelt(_: &earnorm::loaded!(User, psots: Vec<Post>)) {}

fn main() {}
