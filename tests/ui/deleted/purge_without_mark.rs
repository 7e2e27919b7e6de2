use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
struct User {
    #[serde(rename = "_id")]
    id: ObjectId,
}

async fn purge(db: earnorm::mongodb::Database) {
    let _ = User::find_all().purge(&db).await;
}

fn main() {}
