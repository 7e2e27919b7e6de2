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

fn uses(client: &earnorm::mongodb::Client) -> earnorm::Result<()> {
    earnorm::Loader::new(client);
    Ok(())
}

fn main() {}
