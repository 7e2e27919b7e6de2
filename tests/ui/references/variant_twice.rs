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
    Comment::find_all().with(Comment::SUBJECT.with(Subject::POST).with(Subject::POST)).all(db).await?;
    Ok(())
}

fn main() {}
