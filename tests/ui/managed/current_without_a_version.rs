use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
struct Post {
    #[serde(rename = "_id")]
    id: ObjectId,
    title: String,
}

async fn uses(db: earnorm::mongodb::Database, mut post: Post) -> earnorm::Result<()> {
    post.update_if_current(&db, Post::TITLE.set("x")).await?;
    post.delete_if_current(&db).await?;
    Ok(())
}

fn main() {}
