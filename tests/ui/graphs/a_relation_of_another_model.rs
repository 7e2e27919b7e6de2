use earnorm::graph;
use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[relation(one_to_many, target = Post, fk = author_id)]
struct User {
    #[serde(rename = "_id")]
    id: ObjectId,
}

#[derive(Serialize, Deserialize, Model)]
struct Post {
    #[serde(rename = "_id")]
    id: ObjectId,
    author_id: ObjectId,
}

async fn uses(db: &earnorm::mongodb::Database, user: User, post: Post) -> earnorm::Result<()> {
    graph(post).with(User::POSTS, [user]).insert(db).await?;
    Ok(())
}

fn main() {}
