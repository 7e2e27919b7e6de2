use earnorm::prelude::*;
use earnorm::mongodb::Database;

#[derive(Serialize, Deserialize, Model)]
struct User {
    #[serde(rename = "_id")]
    id: ObjectId,
    name: String,
    age: Option<u32>,
}

async fn uses(db: &Database, ada: &mut User, grace: User) -> earnorm::Result<()> {
    ada.update(db, grace).await?;
    Ok(())
}

fn main() {}
