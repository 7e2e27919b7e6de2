use earnorm::prelude::*;
use earnorm::mongodb::Database;

#[derive(Serialize, Deserialize, Model)]
struct User {
    #[serde(rename = "_id")]
    id: ObjectId,
    name: String,
    age: Option<u32>,
}

async fn uses(db: &Database) -> earnorm::Result<()> {
    earnorm::transaction(db, async |tx| {
        let _: u32 = "1".parse()?;
        User::find_all().count(tx).await
    })
    .await?;
    Ok(())
}

fn main() {}
