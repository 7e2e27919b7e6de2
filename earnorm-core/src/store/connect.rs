use mongodb::{Client, Database};

use crate::{Error, Result};

/// Opens the database that a connection string names: a plain [`mongodb::Database`], with all that the driver offers.
///
/// ```no_run
/// # async fn run() -> earnorm::Result<()> {
/// let db = earnorm::connect("mongodb://localhost:27017/blog").await?;
/// # Ok(()) }
/// ```
///
/// It sends nothing: a server that isn't there is an error of the first call that needs it, after the connection
/// string's `serverSelectionTimeoutMS` (30 s by default).
///
/// # Errors
///
/// [`Error::Driver`] for a connection string that can't be read; [`Error::Other`] for one that names no database.
pub async fn connect(uri: impl AsRef<str>) -> Result<Database> {
    let client = Client::with_uri_str(uri).await?;
    client.default_database().ok_or_else(|| {
        Error::other(
            "the connection string names no database; write one behind the host, as in `mongodb://localhost:27017/blog`",
        )
    })
}
