use earnorm::prelude::*;
use earnorm::mongodb::Database;

#[derive(Serialize, Deserialize, Model)]
#[relation(one_to_many, target = Post, fk = author_id)]
struct User {
    #[serde(rename = "_id")]
    id: ObjectId,
    name: String,
}

#[derive(Serialize, Deserialize, Model)]
struct Post {
    #[serde(rename = "_id")]
    id: ObjectId,
    author_id: ObjectId,
}

async fn uses(db: &Database) -> earnorm::Result<()> {
    Post::find_all().with(Post::AUTHOR_ID).all(db).await?;
    Ok(())
}

fn main() {}
