//! The commands that write. Each takes its documents encoded: the driver would encode those of some calls otherwise.

use mongodb::action::Action;
use mongodb::bson::{Bson, Document, RawDocumentBuf, doc};
use mongodb::error::{ErrorKind, Result, WriteError, WriteFailure};
use mongodb::options::{DeleteOptions, ReturnDocument, UpdateModifications, UpdateOptions};
use mongodb::results::{DeleteResult, UpdateResult};

use super::Exec;
use crate::{Model, encoding};

/// Runs a driver's action in the session of `$exec`, if it has one.
macro_rules! run {
    ($exec:expr, $action:expr) => {{
        let mut session = $exec.session().await;
        $action.optional(session.as_deref_mut(), |action, session| action.session(session)).await
    }};
}

pub(crate) async fn insert_one(exec: Exec<'_>, collection: &str, document: RawDocumentBuf) -> Result<()> {
    let collection = exec.collection::<RawDocumentBuf>(collection);
    run!(exec, collection.insert_one(document)).map(|_| ())
}

pub(crate) async fn insert_many(exec: Exec<'_>, collection: &str, documents: Vec<RawDocumentBuf>) -> Result<()> {
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
    update: impl Into<UpdateModifications>,
) -> Result<Option<RawDocumentBuf>> {
    let collection = exec.collection::<RawDocumentBuf>(collection);
    let action = collection.find_one_and_update(filter, update).return_document(ReturnDocument::After);
    run!(exec, action)
}

/// The document after the update, which is inserted where there is none.
pub(crate) async fn find_one_and_upsert(
    exec: Exec<'_>,
    collection: &str,
    filter: Document,
    update: impl Into<UpdateModifications>,
) -> Result<Option<RawDocumentBuf>> {
    let collection = exec.collection::<RawDocumentBuf>(collection);
    let action = collection.find_one_and_update(filter, update).upsert(true).return_document(ReturnDocument::After);
    run!(exec, action)
}

pub(crate) async fn update_one(
    exec: Exec<'_>,
    collection: &str,
    filter: Document,
    update: impl Into<UpdateModifications>,
    options: UpdateOptions,
) -> Result<UpdateResult> {
    let collection = exec.collection::<RawDocumentBuf>(collection);
    run!(exec, collection.update_one(filter, update).with_options(options))
}

pub(crate) async fn update_many(
    exec: Exec<'_>,
    collection: &str,
    filter: Document,
    update: impl Into<UpdateModifications>,
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

/// One of many upserts that go in one command.
#[derive(Clone)]
pub(crate) struct Upsert {
    pub(crate) filter: Document,
    pub(crate) update: UpdateModifications,
}

/// How many upserts, and how many bytes of them, go into one command: the server takes 16 MiB.
const UPSERTS_PER_COMMAND: usize = 1_000;
const BYTES_PER_COMMAND: usize = 12 << 20;

/// Many upserts of `M` in few commands. `ordered`: none is tried behind one that failed.
///
/// The driver sends different updates together by `bulkWrite` only, which servers have since 8.0; `update` does the same
/// on every server. Gives the failures of single upserts; in a transaction any failure is the command's.
pub(crate) async fn upsert_many<M: Model>(
    exec: Exec<'_>,
    upserts: Vec<Upsert>,
    ordered: bool,
) -> crate::Result<Vec<crate::Error>> {
    let mut failures = Vec::new();
    for statements in commands::<M>(upserts)? {
        let collection = M::METADATA.collection;
        let mut command = doc! { "update": collection, "updates": statements, "ordered": ordered };
        if let Exec::Database(db) = exec
            && let Some(concern) = db.write_concern()
        {
            let concern = encoding::encode(concern).map_err(crate::Error::encode::<M>)?;
            command.insert("writeConcern", concern);
        }
        let reply = run!(exec, exec.database().run_command(command));
        failures.extend(write_errors::<M>(&reply.map_err(crate::Error::write::<M>)?)?);
        if ordered && !failures.is_empty() {
            break;
        }
    }
    Ok(failures)
}

fn commands<M: Model>(upserts: Vec<Upsert>) -> crate::Result<Vec<Vec<Bson>>> {
    let mut commands: Vec<Vec<Bson>> = Vec::new();
    let mut bytes = BYTES_PER_COMMAND;
    for Upsert { filter, update } in upserts {
        let update = match update {
            UpdateModifications::Document(document) => Bson::Document(document),
            UpdateModifications::Pipeline(stages) => stages.into(),
            // the driver may know another one day, but nothing here makes it
            _ => Bson::Null,
        };
        let statement = doc! { "q": filter, "u": update, "upsert": true };
        let size = encoding::encode_document(&statement).map_err(crate::Error::encode::<M>)?.as_bytes().len();
        bytes += size;
        match commands.last_mut() {
            Some(last) if last.len() < UPSERTS_PER_COMMAND && bytes <= BYTES_PER_COMMAND => {
                last.push(Bson::Document(statement));
            }
            _ => {
                commands.push(vec![Bson::Document(statement)]);
                bytes = size;
            }
        }
    }
    Ok(commands)
}

/// The failures inside a reply that is `ok`.
fn write_errors<M: Model>(reply: &Document) -> crate::Result<Vec<crate::Error>> {
    if let Ok(concern) = reply.get_document("writeConcernError") {
        return Err(crate::Error::other(format!("the write concern wasn't met: {concern}")));
    }
    let Ok(errors) = reply.get_array("writeErrors") else {
        return Ok(Vec::new());
    };
    Ok(errors
        .iter()
        .map(|error| match encoding::decode::<WriteError>(error.clone()) {
            Ok(error) => crate::Error::write::<M>(ErrorKind::Write(WriteFailure::WriteError(error)).into()),
            Err(_) => crate::Error::other(format!("the server refused a write: {error}")),
        })
        .collect())
}
