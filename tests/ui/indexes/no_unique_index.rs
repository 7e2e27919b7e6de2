use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[index(email)]
struct User {
    #[serde(rename = "_id")]
    id: ObjectId,
    email: String,
}

async fn run(db: earnorm::mongodb::Database) -> earnorm::Result<Option<User>> {
    User::by_email("ada@example.org").get(&db).await
}

fn main() {}
