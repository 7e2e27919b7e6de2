//! The commands that write. Each takes its documents encoded: the driver would encode those of some calls otherwise.

use mongodb::action::Action;
use mongodb::bson::{Document, RawDocumentBuf};
use mongodb::error::Result;
use mongodb::options::{DeleteOptions, ReturnDocument, UpdateOptions};
use mongodb::results::{DeleteResult, UpdateResult};

use super::Exec;

/// Runs a driver's action in the session of `$exec`, if it has one.
macro_rules! run {
    ($exec:expr, $action:expr) => {{
        let mut session = $exec.session().await;
        $action
            .optional(session.as_deref_mut(), |action, session| action.session(session))
            .await
    }};
}

pub(crate) async fn insert_one(
    exec: Exec<'_>,
    collection: &str,
    document: RawDocumentBuf,
) -> Result<()> {
    let collection = exec.collection::<RawDocumentBuf>(collection);
    run!(exec, collection.insert_one(document)).map(|_| ())
}

pub(crate) async fn insert_many(
    exec: Exec<'_>,
    collection: &str,
    documents: Vec<RawDocumentBuf>,
) -> Result<()> {
    let collection = exec.collection::<RawDocumentBuf>(collection);
    run!(exec, collection.insert_many(documents)).map(|_| ())
}

pub(crate) async fn replace_one(
    exec: Exec<'_>,
    collection: &str,
    filter: Document,
    document: RawDocumentBuf,
) -> Result<UpdateResult> {
    let collection = exec.collection::<RawDocumentBuf>(collection);
    run!(exec, collection.replace_one(filter, document).upsert(true))
}

/// The document after the update, or `None` where there is none to update.
pub(crate) async fn find_one_and_update(
    exec: Exec<'_>,
    collection: &str,
    filter: Document,
    update: Document,
) -> Result<Option<RawDocumentBuf>> {
    let collection = exec.collection::<RawDocumentBuf>(collection);
    let action = collection
        .find_one_and_update(filter, update)
        .return_document(ReturnDocument::After);
    run!(exec, action)
}

pub(crate) async fn update_one(
    exec: Exec<'_>,
    collection: &str,
    filter: Document,
    update: Document,
) -> Result<UpdateResult> {
    let collection = exec.collection::<RawDocumentBuf>(collection);
    run!(exec, collection.update_one(filter, update))
}

pub(crate) async fn update_many(
    exec: Exec<'_>,
    collection: &str,
    filter: Document,
    update: Document,
    options: UpdateOptions,
) -> Result<UpdateResult> {
    let collection = exec.collection::<RawDocumentBuf>(collection);
    run!(exec, collection.update_many(filter, update).with_options(options))
}

pub(crate) async fn delete_many(
    exec: Exec<'_>,
    collection: &str,
    filter: Document,
    options: DeleteOptions,
) -> Result<DeleteResult> {
    let collection = exec.collection::<RawDocumentBuf>(collection);
    run!(exec, collection.delete_many(filter).with_options(options))
}
