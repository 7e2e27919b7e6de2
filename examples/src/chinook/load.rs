use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use earnorm::Model;
use mongodb::Database;

use super::{
    Album, Artist, Customer, Employee, Genre, Invoice, InvoiceLine, MediaType, Playlist, PlaylistTrack, Track,
};

/// Why the data could not be loaded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// A file is missing or can't be read.
    #[error("`{}` can't be read: {source}; the folder needs one `.jsonl` file for each collection", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },

    /// A line is not a document of its model.
    #[error("`{}`, line {line}: {source}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// The line number, starting with 1.
        line: usize,
        /// What is wrong with it.
        source: serde_json::Error,
    },

    /// The server refused the documents, or could not be reached.
    #[error(transparent)]
    Insert(#[from] earnorm::Error),
}

/// Inserts the documents of the folder's eleven files into eleven collections, with one command for each file. Returns
/// the number of documents in each collection.
///
/// # Errors
///
/// See [`LoadError`]. Nothing is inserted unless all files can be read.
pub async fn load(db: &Database, folder: impl AsRef<Path>) -> Result<Vec<(&'static str, usize)>, LoadError> {
    let folder = folder.as_ref();
    let artists = read::<Artist>(folder)?;
    let albums = read::<Album>(folder)?;
    let tracks = read::<Track>(folder)?;
    let genres = read::<Genre>(folder)?;
    let media_types = read::<MediaType>(folder)?;
    let playlists = read::<Playlist>(folder)?;
    let playlist_tracks = read::<PlaylistTrack>(folder)?;
    let employees = read::<Employee>(folder)?;
    let customers = read::<Customer>(folder)?;
    let invoices = read::<Invoice>(folder)?;
    let invoice_lines = read::<InvoiceLine>(folder)?;
    Ok(vec![
        insert(db, &artists).await?,
        insert(db, &albums).await?,
        insert(db, &tracks).await?,
        insert(db, &genres).await?,
        insert(db, &media_types).await?,
        insert(db, &playlists).await?,
        insert(db, &playlist_tracks).await?,
        insert(db, &employees).await?,
        insert(db, &customers).await?,
        insert(db, &invoices).await?,
        insert(db, &invoice_lines).await?,
    ])
}

/// The documents of one model. The file has the name of the collection.
fn read<M: Model>(folder: &Path) -> Result<Vec<M>, LoadError> {
    let path = folder.join(M::metadata().collection).with_extension("jsonl");
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(source) => return Err(LoadError::File { path, source }),
    };
    let mut documents = Vec::new();
    for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.is_empty()) {
        match serde_json::from_str(line) {
            Ok(document) => documents.push(document),
            Err(source) => {
                let line = index + 1;
                return Err(LoadError::Line { path, line, source });
            }
        }
    }
    Ok(documents)
}

async fn insert<M: Model>(db: &Database, documents: &[M]) -> earnorm::Result<(&'static str, usize)> {
    let ids = M::insert_many(db, documents).await?;
    Ok((M::metadata().collection, ids.len()))
}
