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

async fn run(db: &earnorm::mongodb::Database) -> earnorm::Result<()> {
    let comments = Comment::find_all().all(db).await?;
    comments[0].related(Comment::SUBJECT);
    Ok(())
}

fn main() {}
