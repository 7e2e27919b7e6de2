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
    let users = User::find_all().with(User::POSTS).all(db).await?;
    let _ = users[0].related(User::DRAFTS);
    Ok(())
}

fn main() {}
