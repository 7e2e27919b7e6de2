//! What all handlers share.

use mongodb::Database;

use crate::graphql::{Schema, schema};

/// What all handlers share. Clones are cheap, and use the same connections.
#[derive(Clone)]
pub struct AppState {
    /// The database.
    pub db: Database,
    /// The GraphQL schema.
    pub schema: Schema,
}

impl AppState {
    /// Creates the indexes that the models need, and the schema.
    ///
    /// # Errors
    ///
    /// [`earnorm::Error::Indexes`] if stored documents contradict an index, and the errors of the driver.
    pub async fn new(db: Database) -> earnorm::Result<Self> {
        earnorm::ensure_indexes(&db).await?;
        Ok(Self { db, schema: schema() })
    }
}
