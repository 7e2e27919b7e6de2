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
    let comment = Comment::find_all().one(db).await?;
    match comment.subject().require(db).await? {
        SubjectDocument::Post(_) => {}
    }
    Ok(())
}

fn main() {}
