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

async fn json(db: &earnorm::mongodb::Database) -> earnorm::Result<String> {
    let cards = User::find_all().view::<Card>().with(User::POSTS).all(db).await?;
    Ok(serde_json::to_string(&cards).unwrap_or_default())
}

fn main() {}
