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

async fn uses(loader: &earnorm::Loader, user: &User) -> earnorm::Result<()> {
    loader.get(user.posts()).await?;
    Ok(())
}

fn main() {}
