//! The commands that write.
//!
//! Each takes encoded documents, because some calls of the driver would encode them differently. Those with a filter take
//! the documents of a model, and add its tag to the filter: no write of one kind can touch another.

use mongodb::bson::{Bson, Document, RawDocumentBuf, doc};
use mongodb::error::{Error, ErrorKind, Result, WriteError, WriteFailure};
use mongodb::options::{DeleteOptions, FindOneAndUpdateOptions, ReturnDocument, UpdateModifications, UpdateOptions};
use mongodb::results::{DeleteResult, UpdateResult};

use super::transaction::{Access, write_error};
use super::{Change, Exec, pool};
use crate::schema::Documents;
use crate::{Model, bson};

/// Runs an action of the driver that writes to a collection, in the transaction of `$exec` if it is one.
macro_rules! run {
    ($exec:expr, $collection:expr, $action:expr) => {
        match $exec {
            Exec::Database(db) => {
                let _permit = pool::write(db).await;
                $action.await
            }
            Exec::Transaction(tx) => {
                let mut guard = tx.command(Access::Write).await?;
                let outcome = $action.session(&mut *guard).await;
                guard.finish(&outcome, write_error($collection)).await;
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
    of: impl Into<Documents>,
    filter: Document,
    document: RawDocumentBuf,
) -> Result<UpdateResult> {
    let of = of.into();
    let (handle, filter) = (exec.collection::<RawDocumentBuf>(of.collection), of.only(filter));
    run!(exec, of.collection, handle.replace_one(filter, document).upsert(true))
}

/// Updates a document and returns the new version; `None` if no document matches.
pub(crate) async fn find_one_and_update(
    exec: Exec<'_>,
    of: impl Into<Documents>,
    filter: Document,
    change: impl Into<Change>,
) -> Result<Option<RawDocumentBuf>> {
    let of = of.into();
    let (handle, filter) = (exec.collection::<RawDocumentBuf>(of.collection), of.only(filter));
    let change = change.into();
    let mut options = FindOneAndUpdateOptions::default();
    (options.array_filters, options.return_document) = (change.filters(), Some(ReturnDocument::After));
    run!(exec, of.collection, handle.find_one_and_update(filter, change.update).with_options(options))
}

/// Updates a document, or inserts it if no document matches, and returns the new version.
pub(crate) async fn find_one_and_upsert(
    exec: Exec<'_>,
    of: impl Into<Documents>,
    filter: Document,
    update: impl Into<UpdateModifications>,
) -> Result<Option<RawDocumentBuf>> {
    let of = of.into();
    let (handle, filter) = (exec.collection::<RawDocumentBuf>(of.collection), of.only(filter));
    let action = handle.find_one_and_update(filter, update).upsert(true).return_document(ReturnDocument::After);
    run!(exec, of.collection, action)
}

pub(crate) async fn update_one(
    exec: Exec<'_>,
    of: impl Into<Documents>,
    filter: Document,
    change: impl Into<Change>,
    options: UpdateOptions,
) -> Result<UpdateResult> {
    let of = of.into();
    let (handle, filter) = (exec.collection::<RawDocumentBuf>(of.collection), of.only(filter));
    let change = change.into();
    let options = change.options(options);
    run!(exec, of.collection, handle.update_one(filter, change.update).with_options(options))
}

pub(crate) async fn update_many(
    exec: Exec<'_>,
    of: impl Into<Documents>,
    filter: Document,
    change: impl Into<Change>,
    options: UpdateOptions,
) -> Result<UpdateResult> {
    let of = of.into();
    let (handle, filter) = (exec.collection::<RawDocumentBuf>(of.collection), of.only(filter));
    let change = change.into();
    let options = change.options(options);
    run!(exec, of.collection, handle.update_many(filter, change.update).with_options(options))
}

pub(crate) async fn delete_many(
    exec: Exec<'_>,
    of: impl Into<Documents>,
    filter: Document,
    options: DeleteOptions,
) -> Result<DeleteResult> {
    let of = of.into();
    let (handle, filter) = (exec.collection::<RawDocumentBuf>(of.collection), of.only(filter));
    run!(exec, of.collection, handle.delete_many(filter).with_options(options))
}

/// An upsert for [`upsert_many`].
#[derive(Clone)]
pub(crate) struct Upsert {
    pub(crate) filter: Document,
    pub(crate) update: UpdateModifications,
}

/// The largest number and size of the upserts in one command. A command may have 16 MiB.
const UPSERTS_PER_COMMAND: usize = 1_000;
const BYTES_PER_COMMAND: usize = 12 << 20;

/// Sends upserts of `M`, many in each command. If `ordered`, it stops at the first failure.
///
/// It uses the command `update`, which every server supports. The driver would send `bulkWrite`, which needs MongoDB 8.0.
/// Returns the errors of single upserts. In a transaction, the error of one upsert is the error of the call.
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
                let _permit = pool::write(database).await;
                database.run_command(command).await
            }
            Exec::Transaction(tx) => {
                let mut guard = tx.command(Access::Write).await?;
                let outcome = database.run_command(command).session(&mut *guard).await.and_then(check_reply);
                guard.finish(&outcome, write_error(collection)).await;
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
            // the enum is non-exhaustive, but this crate makes no other variant
            _ => Bson::Null,
        };
        let statement = doc! { "q": M::METADATA.documents().only(filter), "u": update, "upsert": true };
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

/// The errors of single writes in a successful reply.
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

/// Returns the reply, or the first error of a write in it. In a transaction, that is the error of the command.
fn check_reply(reply: Document) -> Result<Document> {
    let failure = write_errors(&reply)?.next();
    failure.map_or(Ok(reply), Err)
}
