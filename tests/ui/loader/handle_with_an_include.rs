use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[relation(one_to_many, target = Post, fk = author_id)]
struct User {
    #[serde(rename = "_id")]
    id: ObjectId,
}

#[derive(Serialize, Deserialize, Model)]
#[relation(one_to_many, target = Comment, fk = post_id)]
struct Post {
    #[serde(rename = "_id")]
    id: ObjectId,
    author_id: ObjectId,
}

#[derive(Serialize, Deserialize, Model)]
struct Comment {
    #[serde(rename = "_id")]
    id: ObjectId,
    post_id: ObjectId,
}

async fn uses(loader: &earnorm::Loader, user: &User) -> earnorm::Result<()> {
    loader.all(user.posts().limit(3).with(Post::COMMENTS)).await?;
    Ok(())
}

fn main() {}
