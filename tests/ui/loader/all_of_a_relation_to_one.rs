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
    #[relation(many_to_one, target = User)]
    author_id: ObjectId,
}

async fn uses(loader: &earnorm::Loader, post: &Post) -> earnorm::Result<()> {
    loader.all(post.author()).await?;
    Ok(())
}

fn main() {}
