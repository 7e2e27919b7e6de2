//! The commands that write. They don't know managed fields.
//!
//! Each takes encoded documents, because some calls of the driver would encode them differently. Those with a filter take
//! the documents of a model, and add its tag to the filter: no write of one kind can touch another.

use std::ops::Range;
use std::slice;

use futures_util::FutureExt;
use mongodb::bson::{Bson, Document, RawDocumentBuf, doc};
use mongodb::error::{Error, ErrorKind, IndexedWriteError, Result, WriteError, WriteFailure};
use mongodb::options::{DeleteOptions, FindOneAndUpdateOptions, ReturnDocument, UpdateModifications, UpdateOptions};
use mongodb::results::{DeleteResult, UpdateResult};

use crate::bson;
use crate::observe::{Command, received};
use crate::schema::Documents;
use crate::store::{Access, BoxFuture, Change, Exec, write_error, write_permit};

/// Runs an action of the driver that writes to a collection, in the transaction of `$exec` if it is one. `$sent` counts it.
macro_rules! run {
    ($exec:expr, $collection:expr, $sent:expr, $action:expr) => {
        async move {
            let Some(tx) = $exec.transaction() else {
                let _permit = write_permit($exec.database()).await;
                $sent;
                return $action.await;
            };
            let mut guard = tx.command(Access::Write).await?;
            $sent;
            let outcome = $action.session(&mut *guard).await;
            guard.finish(&outcome, write_error($collection)).await;
            outcome
        }
        .boxed()
        .await
    };
}

pub(crate) async fn insert_one(exec: Exec<'_>, collection: &str, document: RawDocumentBuf) -> Result<()> {
    let handle = exec.collection::<RawDocumentBuf>(collection);
    run!(
        exec,
        collection,
        Command::new("insert", collection).sent_with(sizes(slice::from_ref(&document))),
        handle.insert_one(document)
    )
    .map(|_| ())
}

pub(crate) async fn insert_many(exec: Exec<'_>, collection: &str, documents: Vec<RawDocumentBuf>) -> Result<()> {
    let handle = exec.collection::<RawDocumentBuf>(collection);
    run!(
        exec,
        collection,
        Command::new("insert", collection).sent_with(sizes(&documents)),
        handle.insert_many(documents)
    )
    .map(|_| ())
}

/// Inserts documents. Returns those that the server refused, each with its error. If `ordered`, the documents after the first
/// of them were not inserted. In a transaction, the error of a document also ends the transaction.
pub(crate) async fn insert_each(
    exec: Exec<'_>,
    collection: &str,
    documents: Vec<RawDocumentBuf>,
    ordered: bool,
) -> Result<Vec<(usize, Error)>> {
    let handle = exec.collection::<RawDocumentBuf>(collection);
    let outcome: Result<_> = run!(
        exec,
        collection,
        Command::new("insert", collection).sent_with(sizes(&documents)),
        handle.insert_many(documents).ordered(ordered)
    );
    let Err(error) = outcome else { return Ok(Vec::new()) };
    match &*error.kind {
        ErrorKind::InsertMany(errors) if errors.write_concern_error.is_none() => {
            let errors = errors.write_errors.iter().flatten();
            errors.map(|error| Ok((error.index, write_error_of(error)?))).collect()
        }
        _ => Err(error),
    }
}

/// The error of one document, without those of the others.
fn write_error_of(error: &IndexedWriteError) -> Result<Error> {
    let fields = bson::encode(error).map_err(Error::custom)?;
    let failure: WriteError = bson::decode(fields).map_err(Error::custom)?;
    Ok(ErrorKind::Write(WriteFailure::WriteError(failure)).into())
}

pub(crate) async fn replace_one(
    exec: Exec<'_>,
    of: impl Into<Documents>,
    filter: Document,
    document: RawDocumentBuf,
    upsert: bool,
) -> Result<UpdateResult> {
    let of = of.into();
    let (handle, filter) = (exec.collection::<RawDocumentBuf>(of.collection), of.only(filter));
    let command = Command::new("replace", of.collection).filtered(&filter);
    run!(
        exec,
        of.collection,
        command.sent_with(sizes(slice::from_ref(&document))),
        handle.replace_one(filter, document).upsert(upsert)
    )
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
    let command = Command::new("findAndModify", of.collection).filtered(&filter);
    let action = handle.find_one_and_update(filter, change.update).with_options(options);
    returned(run!(exec, of.collection, command.sent(), action))
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
    let command = Command::new("findAndModify", of.collection).filtered(&filter);
    let action = handle.find_one_and_update(filter, update).upsert(true).return_document(ReturnDocument::After);
    returned(run!(exec, of.collection, command.sent(), action))
}

/// Replaces a document by a pipeline, and returns these fields of it as they were before; `None` if no document matches.
pub(crate) async fn find_one_and_replace(
    exec: Exec<'_>,
    of: impl Into<Documents>,
    filter: Document,
    pipeline: Vec<Document>,
    projection: Document,
    upsert: bool,
) -> Result<Option<RawDocumentBuf>> {
    let of = of.into();
    let (handle, filter) = (exec.collection::<RawDocumentBuf>(of.collection), of.only(filter));
    let command = Command::new("findAndModify", of.collection).filtered(&filter);
    let action = handle.find_one_and_update(filter, pipeline).upsert(upsert).projection(projection);
    let action = action.return_document(ReturnDocument::Before);
    returned(run!(exec, of.collection, command.sent(), action))
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
    let command = Command::new("update", of.collection).filtered(&filter);
    run!(exec, of.collection, command.sent(), handle.update_one(filter, change.update).with_options(options))
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
    let command = Command::new("update", of.collection).filtered(&filter);
    run!(exec, of.collection, command.sent(), handle.update_many(filter, change.update).with_options(options))
}

pub(crate) async fn delete_many(
    exec: Exec<'_>,
    of: impl Into<Documents>,
    filter: Document,
    options: DeleteOptions,
) -> Result<DeleteResult> {
    let of = of.into();
    let (handle, filter) = (exec.collection::<RawDocumentBuf>(of.collection), of.only(filter));
    let command = Command::new("delete", of.collection).filtered(&filter);
    run!(exec, of.collection, command.sent(), handle.delete_many(filter).with_options(options))
}

/// The sizes of documents, for those who count them.
fn sizes(documents: &[RawDocumentBuf]) -> impl Iterator<Item = usize> {
    documents.iter().map(|document| document.as_bytes().len())
}

/// Counts the document that a command returned.
fn returned(outcome: Result<Option<RawDocumentBuf>>) -> Result<Option<RawDocumentBuf>> {
    if let Ok(Some(document)) = &outcome {
        received(|| Ok((1, document.as_bytes().len())));
    }
    outcome
}

/// An update for [`update_all`].
#[derive(Debug, Clone)]
pub(crate) struct Statement {
    pub(crate) filter: Document,
    pub(crate) update: UpdateModifications,
    /// The filters for the array elements that the update names.
    pub(crate) array_filters: Vec<Document>,
    /// Whether it inserts a document if none matches.
    pub(crate) upsert: bool,
    /// Whether it updates all matching documents.
    pub(crate) multi: bool,
}

/// How updates are sent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sending {
    /// Whether the first update that the server refuses is the last one.
    pub(crate) ordered: bool,
    /// The largest number of updates in one command.
    pub(crate) most: usize,
}

impl Sending {
    pub(crate) const ORDERED: Self = Self { ordered: true, most: STATEMENTS_PER_COMMAND };
    pub(crate) const UNORDERED: Self = Self { ordered: false, most: STATEMENTS_PER_COMMAND };
}

/// What [`update_all`] did.
#[derive(Debug, Default)]
pub(crate) struct Updated {
    /// The statements that failed.
    pub(crate) errors: Vec<(usize, Error)>,
    /// How many documents were matched or inserted.
    pub(crate) count: u64,
    /// The statements that inserted a document.
    pub(crate) inserted: Vec<usize>,
    /// The statements of a command that failed as a whole. It is the last command.
    pub(crate) failed: Option<(Range<usize>, Error)>,
}

/// The largest number and size of the statements in one command. A command may have 16 MiB.
const STATEMENTS_PER_COMMAND: usize = 1_000;
const BYTES_PER_COMMAND: usize = 12 << 20;

/// The largest number of writes that a server accepts in one command.
pub(crate) const WRITES_PER_COMMAND: usize = 100_000;

/// Sends updates, many in each command.
///
/// It uses the command `update`, which every server supports. The driver would send `bulkWrite`, which needs MongoDB 8.0.
pub(crate) async fn update_all(
    exec: Exec<'_>,
    of: impl Into<Documents>,
    statements: Vec<Statement>,
    sending: Sending,
) -> Result<Updated> {
    let mut updated = update_each(exec, of, statements, sending).await?;
    updated.failed.take().map_or(Ok(updated), |(_, error)| Err(error))
}

/// The same as [`update_all`], but also returns what was done before a command failed. In a transaction, the error of one
/// update ends the transaction, so it is the last one.
pub(crate) async fn update_each(
    exec: Exec<'_>,
    of: impl Into<Documents>,
    statements: Vec<Statement>,
    sending: Sending,
) -> Result<Updated> {
    let (of, mut updated, mut sent) = (of.into(), Updated::default(), 0);
    for statements in commands(of, statements, sending.most)? {
        let length = statements.len();
        let reply = match update(exec, of, statements, sending.ordered).await {
            Ok(reply) => reply,
            Err(error) => {
                updated.failed = Some((sent..sent + length, error));
                break;
            }
        };
        updated.count += reply.get("n").and_then(number).map_or(0, i64::unsigned_abs);
        updated.inserted.extend(indexes(&reply, "upserted").map(|index| sent + index));
        match write_errors(&reply) {
            Ok(errors) => updated.errors.extend(errors.into_iter().map(|(index, error)| (sent + index, error))),
            Err(error) => updated.failed = Some((sent..sent + length, error)),
        }
        let is_last =
            updated.failed.is_some() || !updated.errors.is_empty() && (sending.ordered || exec.is_transaction());
        if is_last {
            break;
        }
        sent += length;
    }
    Ok(updated)
}

/// Sends one command with updates, and returns the reply.
fn update(exec: Exec<'_>, of: Documents, statements: Vec<Bson>, ordered: bool) -> BoxFuture<'_, Result<Document>> {
    let mut command = doc! { "update": of.collection, "updates": statements, "ordered": ordered };
    async move {
        let database = exec.database();
        let Some(tx) = exec.transaction() else {
            if let Some(concern) = database.write_concern() {
                command.insert("writeConcern", bson::encode(concern).map_err(Error::custom)?);
            }
            let _permit = write_permit(database).await;
            Command::new("update", of.collection).sent();
            return database.run_command(command).await;
        };
        let mut guard = tx.command(Access::Write).await?;
        Command::new("update", of.collection).sent();
        let reply = database.run_command(command).session(&mut *guard).await;
        // the error of one update is that of the command, and ends the transaction
        let outcome = reply.as_ref().map_err(Clone::clone).and_then(check_reply);
        guard.finish(&outcome, write_error(of.collection)).await;
        reply
    }
    .boxed()
}

fn commands(of: Documents, statements: Vec<Statement>, most: usize) -> Result<Vec<Vec<Bson>>> {
    let mut commands: Vec<Vec<Bson>> = Vec::new();
    let mut bytes = BYTES_PER_COMMAND;
    for Statement { filter, update, array_filters, upsert, multi } in statements {
        let update = match update {
            UpdateModifications::Document(document) => Bson::Document(document),
            UpdateModifications::Pipeline(stages) => stages.into(),
            // the enum is non-exhaustive, but this crate makes no other variant
            _ => Bson::Null,
        };
        let mut statement = doc! { "q": of.only(filter), "u": update, "upsert": upsert };
        if multi {
            statement.insert("multi", true);
        }
        if !array_filters.is_empty() {
            statement.insert("arrayFilters", array_filters);
        }
        let size = bson::encode_document(&statement).map_err(Error::custom)?.as_bytes().len();
        bytes += size;
        match commands.last_mut() {
            Some(last) if last.len() < most && bytes <= BYTES_PER_COMMAND => {
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

/// The numbers of the statements that a list of a reply names.
fn indexes(reply: &Document, list: &str) -> impl Iterator<Item = usize> {
    let list = reply.get_array(list).map(Vec::as_slice).unwrap_or_default();
    list.iter().filter_map(|entry| entry.as_document()).map(index)
}

fn index(entry: &Document) -> usize {
    let index = entry.get("index").and_then(number);
    index.and_then(|index| usize::try_from(index).ok()).unwrap_or_default()
}

fn number(value: &Bson) -> Option<i64> {
    match value {
        Bson::Int32(number) => Some(i64::from(*number)),
        Bson::Int64(number) => Some(*number),
        _ => None,
    }
}

/// The errors of single writes in a successful reply, each with the number of its statement.
fn write_errors(reply: &Document) -> Result<Vec<(usize, Error)>> {
    if let Some(concern) = reply.get("writeConcernError") {
        let failure = bson::decode(concern.clone()).map_err(Error::custom)?;
        return Err(ErrorKind::Write(WriteFailure::WriteConcernError(failure)).into());
    }
    let errors = reply.get_array("writeErrors").map(Vec::as_slice).unwrap_or_default();
    let errors = errors.iter().filter_map(Bson::as_document).map(|error| {
        let failure: WriteError = bson::decode(error.clone().into()).map_err(Error::custom)?;
        Ok((index(error), ErrorKind::Write(WriteFailure::WriteError(failure)).into()))
    });
    errors.collect()
}

/// The first error of a write in a reply.
fn check_reply(reply: &Document) -> Result<()> {
    let failure = write_errors(reply)?.into_iter().next();
    failure.map_or(Ok(()), |(_, error)| Err(error))
}
