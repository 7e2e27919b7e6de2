use earnorm::prelude::*;

#[derive(Clone, Copy, Serialize, Deserialize, Reference)]
#[serde(tag = "type", content = "id")]
enum Subject {
    Post(ObjectId),
    Photo(ObjectId),
}

#[derive(Serialize, Deserialize, Model)]
struct Post {
    #[serde(rename = "_id")]
    id: ObjectId,
}

#[derive(Serialize, Deserialize, Model)]
struct Photo {
    #[serde(rename = "_id")]
    id: ObjectId,
}

#[derive(Serialize, Deserialize, Model)]
struct Comment {
    #[serde(rename = "_id")]
    id: ObjectId,
    #[relation(many_to_one)]
    subject: Subject,
}

#[derive(Serialize, Deserialize, Model)]
struct Video {
    #[serde(rename = "_id")]
    id: ObjectId,
}

async fn run(db: &earnorm::mongodb::Database) -> earnorm::Result<()> {
    let comment = Comment::find_all().one(db).await?;
    let video = Video { id: ObjectId::new() };
    comment.subject().set(db, &video).await?;
    Ok(())
}

fn main() {}
