use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
struct User {
    #[serde(rename = "_id")]
    id: i32,
}

async fn run(db: &earnorm::mongodb::Database) -> earnorm::Result<()> {
    earnorm::transaction(db, |tx| async move {
        User { id: 1 }.insert(tx).await?;
        Ok(())
    })
    .await
}

async fn own(db: &earnorm::mongodb::Database) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    earnorm::try_transaction(db, |tx| async move {
        User { id: 1 }.insert(tx).await?;
        Ok(())
    })
    .await
}

fn main() {}
