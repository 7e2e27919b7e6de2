use std::collections::HashSet;

use futures_util::TryStreamExt;
use mongodb::bson::Document;
use mongodb::{Database, IndexModel};

use super::pool;
use crate::Result;
use crate::error::codes::{NO_COLLECTION, NO_INDEX, has_code};
use crate::observe::Command;

/// The names of the existing collections and views.
pub(crate) async fn collections(db: &Database) -> Result<HashSet<String>> {
    Command::new("listCollections", "").sent();
    Ok(db.list_collection_names().await?.into_iter().collect())
}

/// The approximate number of documents in a collection, from its metadata.
pub(crate) async fn estimate(db: &Database, collection: &str) -> Result<u64> {
    Command::new("count", collection).sent();
    Ok(db.collection::<Document>(collection).estimated_document_count().await?)
}

pub(crate) async fn list_indexes(db: &Database, collection: &str) -> Result<Vec<IndexModel>> {
    Command::new("listIndexes", collection).sent();
    let found = match db.collection::<Document>(collection).list_indexes().await {
        Ok(cursor) => cursor.try_collect().await,
        Err(error) => Err(error),
    };
    match found {
        Err(error) if has_code(&error, &[NO_COLLECTION]) => Ok(Vec::new()),
        found => Ok(found?),
    }
}

pub(crate) async fn create_indexes(db: &Database, collection: &str, indexes: Vec<IndexModel>) -> Result<()> {
    let _permit = pool::write(db).await;
    Command::new("createIndexes", collection).sent();
    db.collection::<Document>(collection).create_indexes(indexes).await?;
    Ok(())
}

pub(crate) async fn drop_index(db: &Database, collection: &str, name: &str) -> Result<()> {
    let _permit = pool::write(db).await;
    Command::new("dropIndexes", collection).sent();
    match db.collection::<Document>(collection).drop_index(name).await {
        // another process has dropped it
        Err(error) if has_code(&error, &[NO_COLLECTION, NO_INDEX]) => Ok(()),
        outcome => Ok(outcome?),
    }
}
