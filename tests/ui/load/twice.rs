use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[relation(one_to_many, target = Post, fk = author_id)]
#[relation(one_to_many, name = "drafts", target = Post, fk = author_id)]
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

async fn run(db: &earnorm::mongodb::Database) -> earnorm::Result<()> {
    let _ = User::find_all().with(User::POSTS).with(User::POSTS.limit(3)).all(db).await?;
    Ok(())
}

fn main() {}
