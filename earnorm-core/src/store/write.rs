//! The commands that write. Each takes its documents encoded: the driver would encode those of some calls otherwise.

use mongodb::bson::{Bson, Document, RawDocumentBuf, doc};
use mongodb::error::{Error, ErrorKind, Result, WriteError, WriteFailure};
use mongodb::options::{DeleteOptions, ReturnDocument, UpdateModifications, UpdateOptions};
use mongodb::results::{DeleteResult, UpdateResult};

use super::transaction::{Access, written};
use super::{Exec, pool};
use crate::{Model, bson};

/// Runs a driver's action that writes to a collection: in the transaction of `$exec`, if it has one.
macro_rules! run {
    ($exec:expr, $collection:expr, $action:expr) => {
        match $exec {
            Exec::Database(db) => {
                let _turn = pool::write(db).await;
                $action.await
            }
            Exec::Transaction(tx) => {
                let mut step = tx.step(Access::Write).await?;
                let outcome = $action.session(&mut *step).await;
                step.done(&outcome, written($collection)).await;
                outcome
            }
        }
    };
}

pub(crate) async fn insert_one(exec: Exec<'_>, collection: &str, document: RawDocumentBuf) -> Result<()> {
    let handle = exec.collection::<RawDocumentBuf>(collection);
    run!(exec, collection, handle.insert_one(document)).map(|_| ())
}

pub(crate) async fn insert_many(exec: Exec<'_>, collection: &str, documents: Vec<RawDocumentBuf>) -> Result<()> {
    let handle = exec.collection::<RawDocumentBuf>(collection);
    run!(exec, collection, handle.insert_many(documents)).map(|_| ())
}

pub(crate) async fn replace_one(
    exec: Exec<'_>,
    collection: &str,
    filter: Document,
    document: RawDocumentBuf,
) -> Result<UpdateResult> {
    let handle = exec.collection::<RawDocumentBuf>(collection);
    run!(exec, collection, handle.replace_one(filter, document).upsert(true))
}

/// The document after the update, or `None` where there is none to update.
pub(crate) async fn find_one_and_update(
    exec: Exec<'_>,
    collection: &str,
    filter: Document,
    update: impl Into<UpdateModifications>,
) -> Result<Option<RawDocumentBuf>> {
    let handle = exec.collection::<RawDocumentBuf>(collection);
    let action = handle.find_one_and_update(filter, update).return_document(ReturnDocument::After);
    run!(exec, collection, action)
}

/// The document after the update, which is inserted where there is none.
pub(crate) async fn find_one_and_upsert(
    exec: Exec<'_>,
    collection: &str,
    filter: Document,
    update: impl Into<UpdateModifications>,
) -> Result<Option<RawDocumentBuf>> {
    let handle = exec.collection::<RawDocumentBuf>(collection);
    let action = handle.find_one_and_update(filter, update).upsert(true).return_document(ReturnDocument::After);
    run!(exec, collection, action)
}

pub(crate) async fn update_one(
    exec: Exec<'_>,
    collection: &str,
    filter: Document,
    update: impl Into<UpdateModifications>,
    options: UpdateOptions,
) -> Result<UpdateResult> {
    let handle = exec.collection::<RawDocumentBuf>(collection);
    run!(exec, collection, handle.update_one(filter, update).with_options(options))
}

pub(crate) async fn update_many(
    exec: Exec<'_>,
    collection: &str,
    filter: Document,
    update: impl Into<UpdateModifications>,
    options: UpdateOptions,
) -> Result<UpdateResult> {
    let handle = exec.collection::<RawDocumentBuf>(collection);
    run!(exec, collection, handle.update_many(filter, update).with_options(options))
}

pub(crate) async fn delete_many(
    exec: Exec<'_>,
    collection: &str,
    filter: Document,
    options: DeleteOptions,
) -> Result<DeleteResult> {
    let handle = exec.collection::<RawDocumentBuf>(collection);
    run!(exec, collection, handle.delete_many(filter).with_options(options))
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
            let concern = bson::encode(concern).map_err(crate::Error::encode::<M>)?;
            command.insert("writeConcern", concern);
        }
        let database = exec.database();
        let reply = match exec {
            Exec::Database(_) => {
                let _turn = pool::write(database).await;
                database.run_command(command).await
            }
            Exec::Transaction(tx) => {
                let mut step = tx.step(Access::Write).await?;
                let outcome = database.run_command(command).session(&mut *step).await.and_then(all_written);
                step.done(&outcome, written(collection)).await;
                outcome
            }
        };
        failures.extend(write_errors(&reply.map_err(crate::Error::write::<M>)?)?.map(crate::Error::write::<M>));
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
        let size = bson::encode_document(&statement).map_err(crate::Error::encode::<M>)?.as_bytes().len();
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
fn write_errors(reply: &Document) -> Result<impl Iterator<Item = Error>> {
    if let Some(concern) = reply.get("writeConcernError") {
        let failure = bson::decode(concern.clone()).map_err(Error::custom)?;
        return Err(ErrorKind::Write(WriteFailure::WriteConcernError(failure)).into());
    }
    let errors = reply.get_array("writeErrors").map(Vec::as_slice).unwrap_or_default();
    let errors = errors.iter().map(|error| bson::decode(error.clone()).map_err(Error::custom));
    let errors = errors.collect::<Result<Vec<WriteError>>>()?;
    Ok(errors.into_iter().map(|error| ErrorKind::Write(WriteFailure::WriteError(error)).into()))
}

/// A reply, or the first failure in it: that of the whole command, in a transaction.
fn all_written(reply: Document) -> Result<Document> {
    let failure = write_errors(&reply)?.next();
    failure.map_or(Ok(reply), Err)
}
