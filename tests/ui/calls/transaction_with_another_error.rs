use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
struct User {
    #[serde(rename = "_id")]
    id: i32,
}

async fn run(db: &earnorm::mongodb::Database, id: &str) -> earnorm::Result<User> {
    earnorm::transaction(db, async |tx| {
        let id: i32 = id.parse()?;
        User { id }.insert(tx).await
    })
    .await
}

fn main() {}
