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
    User::find_all().all(&db).await?;
    Ok(())
}

fn main() {}
