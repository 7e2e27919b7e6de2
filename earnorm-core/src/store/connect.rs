use mongodb::{Client, Database};

use crate::{Error, Result};

/// Opens the database that a connection string names. Returns a [`mongodb::Database`] of the driver.
///
/// ```no_run
/// # async fn run() -> earnorm::Result<()> {
/// let db = earnorm::connect("mongodb://localhost:27017/blog").await?;
/// # Ok(()) }
/// ```
///
/// It sends no command. If the server can't be reached, the first call that needs it fails after
/// `serverSelectionTimeoutMS` (30 seconds by default; set it in the connection string).
///
/// # Errors
///
/// [`Error::Driver`] for a connection string that is not valid. [`Error::Other`] for one without a database.
pub async fn connect(uri: impl AsRef<str>) -> Result<Database> {
    let client = Client::with_uri_str(uri).await?;
    client.default_database().ok_or_else(|| {
        Error::other(
            "the connection string names no database; write one after the host, as in `mongodb://localhost:27017/blog`",
        )
    })
}
