mod blockers;
mod bulk;
pub(crate) mod codes;
mod convert;
mod copy;
mod driver;
mod id;
mod indexes;
mod inspect;
mod refusal;

use std::sync::Arc;

use mongodb::bson::Bson;

pub use self::blockers::Blockers;
pub(crate) use self::blockers::{RelationName, SAMPLE};
pub(crate) use self::convert::is_duplicate_id;
pub(crate) use self::driver::{EndedTransaction, Graph, is_unreachable};
pub use self::id::IdError;
pub use self::indexes::{Duplicates, FailedIndex, IndexReport, IndexSpec, MadeIndex, RefusedIndex};
pub(crate) use self::refusal::{Refusal, short_name};
use crate::bson::{BoxError, EncodeError};

/// The result of every call of EarnORM.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The errors of EarnORM.
///
/// Each variant has the data that a program needs to handle it.
///
/// ```
/// use earnorm::Error;
///
/// fn status(error: &Error) -> u16 {
///     match error {
///         Error::NotFound { .. } => 404,
///         Error::Duplicate { index, .. } if index.starts_with("email") => 409,
///         _ => 500,
///     }
/// }
/// # assert_eq!(status(&Error::NotFound { model: "User" }), 404);
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No document was found by a call that requires one.
    #[error("no `{model}` was found")]
    NotFound {
        /// The model that was queried.
        model: &'static str,
    },

    /// Several documents were found by a call that requires exactly one.
    #[error("more than one `{model}` was found; expected exactly one")]
    NotUnique {
        /// The model that was queried.
        model: &'static str,
    },

    /// The document has no id yet, so it has no relations and can't be updated or deleted.
    #[error("this `{model}` has no id yet; insert or save it first")]
    Unsaved {
        /// The document's model.
        model: &'static str,
    },

    /// A stored key refers to a document that doesn't exist: the related document was read and not found.
    #[error("`{model}::{field}` refers to {id}, which doesn't exist")]
    Dangling {
        /// The model that holds the key.
        model: &'static str,
        /// The key's stored name.
        field: &'static str,
        /// The id in the key.
        id: Box<Bson>,
    },

    /// A document that is needed is deleted, and can be restored: its model has a field with `#[model(soft_delete)]`. A key
    /// that refers to it isn't dangling.
    #[error("the `{model}` with `_id` {id} is deleted; it can be restored by `earnorm::restore`")]
    Deleted {
        /// The model of the deleted document.
        model: &'static str,
        /// Its id.
        id: Box<Bson>,
    },

    /// A reference to one of several models has a tag that is none of its variants. Only a key of the type
    /// [`Open`](crate::Open) can hold one.
    #[error("`{model}::{field}` is {tag}, which is the tag of no variant")]
    UnknownTag {
        /// The model that holds the reference.
        model: &'static str,
        /// The tag's stored name.
        field: &'static str,
        /// The tag.
        tag: Box<Bson>,
    },

    /// A rule `restrict` forbids a delete. Nothing was written.
    #[error("`{model}::{relation}` restricts this delete: {blockers}")]
    Restricted {
        /// The model that declares the rule.
        model: &'static str,
        /// The relation with the rule.
        relation: &'static str,
        /// The documents that refer to those that would be deleted.
        blockers: Box<Blockers>,
    },

    /// A soft delete would also delete documents that can't be restored: their model has no field with
    /// `#[model(soft_delete)]`. Nothing was written.
    #[error(
        "`{by}::{relation}` deletes each `{model}` too, and a `{model}` can't be restored; give it a field with \
         `#[model(soft_delete)]`, or write `on_delete = \"no_action\"`: {blockers}"
    )]
    NotRestorable {
        /// The model whose documents can't be restored.
        model: &'static str,
        /// The model that declares the rule.
        by: &'static str,
        /// The relation with the rule.
        relation: &'static str,
        /// The documents that can't be restored.
        blockers: Box<Blockers>,
    },

    /// The data changed between a plan and its execution. Nothing was written.
    #[error("the documents of this plan have changed since it was made; make a new plan")]
    StalePlan,

    /// A delete of more documents than one transaction may write. Nothing was written.
    #[error(
        "{documents} documents are too many for one transaction (at most {limit}); use `plan_delete` and its \
         `execute_in_batches`, or raise the plan's `limit`"
    )]
    TransactionTooLarge {
        /// How many documents the delete would write. Counting may have stopped above the limit.
        documents: u64,
        /// The largest number that is allowed.
        limit: u64,
    },

    /// A hook failed. In a transaction, nothing was written.
    #[error("`{hook}` of the `{model}` with `_id` {id} failed: {source}")]
    Hook {
        /// The model with the hook.
        model: &'static str,
        /// `before_delete`, `after_delete`, `before_save` or `after_save`.
        hook: &'static str,
        /// The document's `_id`; null if it has none yet.
        id: Box<Bson>,
        /// The hook's error.
        source: Box<Error>,
    },

    /// Two relations declare different delete rules for one key. Nothing was written.
    #[error("two rules contradict each other for `{model}::{field}`: {reason}; keep one")]
    RuleConflict {
        /// The model that holds the key.
        model: &'static str,
        /// The key's stored name.
        field: &'static str,
        /// The two relations with their rules.
        reason: String,
    },

    /// A write was refused, because a key of the new document refers to a document that doesn't exist. Nothing was written.
    #[error("`{model}` was not written: its key `{field}` refers to {id}, which doesn't exist")]
    MissingReference {
        /// The model that holds the key.
        model: &'static str,
        /// The key's stored name.
        field: &'static str,
        /// The id in the key. Of a reference to several models, a document with the tag and the id.
        id: Box<Bson>,
    },

    /// A unique index refused a write. Write a `name` on your indexes, so that you can recognize them in `index`.
    #[error("another `{model}` has the same key in the unique index `{index}`")]
    Duplicate {
        /// The model that was written.
        model: &'static str,
        /// The name of the index, as in `check_indexes` or the server's `listIndexes`.
        index: String,
    },

    /// A document was changed or deleted since it was read: its stored version is not the one in memory. It was not written.
    ///
    /// Read it again, apply the change to it, and save that.
    ///
    /// ```no_run
    /// use earnorm::Error;
    /// use earnorm::prelude::*;
    ///
    /// # #[derive(Serialize, Deserialize, Model)]
    /// # struct Page { #[serde(rename = "_id")] id: ObjectId, text: String, #[model(version)] #[serde(default)] rev: i64 }
    /// # async fn run(db: mongodb::Database, mut page: Page) -> earnorm::Result<()> {
    /// page.text.push('!');
    /// match page.save(&db).await {
    ///     Err(Error::Stale { .. }) => println!("somebody else has changed this page"),
    ///     outcome => outcome?,
    /// }
    /// # Ok(()) }
    /// ```
    #[error("the `{model}` with `_id` {id} was changed or deleted since it was read; read it again")]
    Stale {
        /// The model.
        model: &'static str,
        /// The document's `_id`.
        id: Box<Bson>,
    },

    /// A write of a [bulk](crate::Bulk) failed. The report has the outcome of each write.
    ///
    /// ```no_run
    /// use earnorm::{BulkOutcome, Error};
    /// use earnorm::prelude::*;
    ///
    /// # #[derive(Serialize, Deserialize, Model)]
    /// # struct User { #[serde(rename = "_id")] id: ObjectId }
    /// # async fn run(db: mongodb::Database, users: Vec<User>) -> earnorm::Result<()> {
    /// match User::bulk(&db).insert_many(users).unordered().run().await {
    ///     Err(Error::Bulk { report, .. }) => {
    ///         println!("{report}"); // 98 inserted, 2 failed
    ///         for result in report.results() {
    ///             if let BulkOutcome::Failed(error) = &result.outcome {
    ///                 println!("{}: {error}", result.id);
    ///             }
    ///         }
    ///     }
    ///     outcome => println!("{}", outcome?),
    /// }
    /// # Ok(()) }
    /// ```
    #[error("{} of {} writes failed: {source}", .report.failed(), .report.results().len())]
    Bulk {
        /// The outcome of each write.
        report: Box<BulkReport>,
        /// The first error.
        source: Arc<Error>,
    },

    /// Some of the needed indexes were not made, because existing documents or indexes prevent it. All others were.
    ///
    /// ```no_run
    /// use earnorm::Error;
    ///
    /// # async fn run(db: mongodb::Database) -> earnorm::Result<()> {
    /// if let Err(Error::Indexes { report, .. }) = earnorm::ensure_indexes(&db).await {
    ///     for failed in &report.failed {
    ///         println!("{}: {:?}", failed.index.name, failed.duplicates);
    ///     }
    /// }
    /// # Ok(()) }
    /// ```
    #[error("{}", not_made(.report))]
    Indexes {
        /// The indexes that failed, with the documents that prevent them, and those that were made all the same.
        report: Box<IndexReport>,
        /// The server's first error.
        source: mongodb::error::Error,
    },

    /// A stored document can't be deserialized as its model.
    #[error("the `{model}` with `_id` {id} doesn't decode: `{field}`: {source}")]
    Decode {
        /// The model.
        model: &'static str,
        /// The path of the field that can't be deserialized; `.` for the document as a whole.
        field: String,
        /// The document's `_id`; null if it has none.
        id: Box<Bson>,
        /// The error of the deserializer.
        source: BoxError,
    },

    /// A value can't be serialized as BSON, such as a `u64` above `i64::MAX`.
    ///
    /// Also a value or a condition with more than 180 levels of documents and arrays: a server stores no more.
    #[error("a value of `{model}` can't be written as BSON: {source}")]
    Encode {
        /// The model that would be written or queried.
        model: &'static str,
        /// The error of the serializer.
        source: EncodeError,
    },

    /// A document that [`Strategy::Lookup`](crate::Strategy::Lookup) joins is larger than a server can send: 16 MiB. Or a
    /// recursive relation leads to more than 100 MiB of documents, which one `$graphLookup` can't hold.
    #[error(
        "a `{model}` with its `{relation}` is too large for one command (a server joins at most 16 MiB to one document, \
         and 100 MiB by a recursive relation); load it with `Strategy::Batch`"
    )]
    TooLarge {
        /// The model that was queried.
        model: &'static str,
        /// Its relation. If the query joins several, all of them: the server doesn't say which one is too large.
        relation: String,
    },

    /// The sum of an integer field doesn't fit into an `i64`. A server would return a rounded double.
    #[error("the sum of `{model}::{field}` doesn't fit into an `i64`")]
    Overflow {
        /// The model.
        model: &'static str,
        /// The stored name of the field.
        field: String,
    },

    /// A document can't be moved below another one that is below it, or below itself. Nothing was written.
    #[error("the `{model}` with `_id` {id} can't be moved below {target}, which is below it or is the same document")]
    Cycle {
        /// The model.
        model: &'static str,
        /// The `_id` of the document to move.
        id: Box<Bson>,
        /// The `_id` of the document below which it was to be moved.
        target: Box<Bson>,
    },

    /// A call with an argument that is not valid, such as page 0.
    #[error("`{model}`: {reason}")]
    Invalid {
        /// The model that was queried.
        model: &'static str,
        /// What is wrong, and what to write instead.
        reason: String,
        /// `true` if the cause is a value, which a client may have sent; `false` if the program is wrong.
        value: bool,
    },

    /// A [`transaction`](crate::transaction()) on a standalone server, which doesn't support transactions. Nothing was
    /// written. Deletes, hooks and checked writes run without a transaction there.
    #[error(
        "this server has no transactions, since it is a standalone one; start it as a replica set of one: \
         `mongod --replSet rs0`, then `rs.initiate()` in the shell"
    )]
    NoTransactions(#[source] mongodb::error::Error),

    /// A [`transaction`](crate::transaction()) ended before its body did, so it can't be committed.
    ///
    /// The causes are:
    /// * A call on the session from [`Transaction::session`](crate::Transaction::session) committed or aborted it.
    /// * A command failed, and the body continued.
    /// * The body dropped a write before the server replied.
    ///
    /// The writes of the body are not stored, unless a call on the session committed them.
    #[error("the transaction ended before its body: {reason}")]
    TransactionEnded {
        /// What ended it.
        reason: &'static str,
        /// The server's error that ended it, if there is one.
        source: Option<mongodb::error::Error>,
    },

    /// An error of your own, made by [`Error::other`]. Also the error of [`connect`](crate::connect()) for a connection
    /// string without a database.
    #[error(transparent)]
    Other(BoxError),

    /// An error of the server or the driver, or no server was reached.
    ///
    /// `Display` prints the cause. The driver's error also has the server's reply.
    #[error("{}", .0.kind)]
    Driver(#[source] mongodb::error::Error),
}

/// What a [bulk](crate::Bulk) did.
///
/// ```no_run
/// use earnorm::prelude::*;
///
/// # #[derive(Serialize, Deserialize, Model)]
/// # struct User { #[serde(rename = "_id")] id: ObjectId, name: String }
/// # async fn run(db: mongodb::Database, users: Vec<User>, old: ObjectId) -> earnorm::Result<()> {
/// let report = User::bulk(&db).insert_many(users).delete(old).run().await?;
/// println!("{report}"); // 2 inserted, 1 deleted
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct BulkReport {
    results: Vec<BulkResult>,
    deleted: u64,
}

/// What happened to one write of a [bulk](crate::Bulk).
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct BulkResult {
    /// The `_id` of the document, including a new one.
    pub id: Bson,
    /// The outcome.
    pub outcome: BulkOutcome,
}

/// The outcome of one write of a [bulk](crate::Bulk).
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum BulkOutcome {
    /// `insert` or `save` has inserted the document.
    Inserted,
    /// `save` has replaced the stored document.
    Replaced,
    /// `update` has updated the document.
    Updated,
    /// No document with this id is stored any more. [`BulkReport::deleted`] counts those that were stored before.
    Deleted,
    /// `update` found no document with this id.
    NotFound,
    /// The write failed. The error of a check, a rule or a whole command is that of its first write.
    ///
    /// If the server's reply was lost, the document may have been written.
    Failed(Arc<Error>),
    /// The server's reply to this write and others was lost. [`Failed`](BulkOutcome::Failed) has the error. The document may
    /// have been written.
    Unknown,
    /// The write was not run, or was undone, because another one failed.
    NotRun,
}

/// The message of [`Error::Indexes`].
fn not_made(report: &IndexReport) -> String {
    let (failed, made) = (report.failed.len(), report.made.len());
    let first = format!("{failed} {} not made; {made} made", if failed == 1 { "index was" } else { "indexes were" });
    let lines: Vec<_> = std::iter::once(first).chain(report.failed.iter().map(ToString::to_string)).collect();
    lines.join("\n  ")
}

impl Error {
    /// Wraps an error of your own, so that the body of a transaction can return it.
    ///
    /// ```
    /// use earnorm::Error;
    ///
    /// let error = Error::other("out of stock");
    /// assert_eq!(error.to_string(), "out of stock");
    /// ```
    pub fn other(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Other(error.into())
    }
}

/// An error that `?` converts to [`Error`]: the driver's.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an error of EarnORM or of the driver",
    label = "not an error of EarnORM or of the driver: wrap it by `.map_err(earnorm::Error::other)`; for a transaction with your own error type, use `earnorm::try_transaction`"
)]
pub trait IntoError {
    #[doc(hidden)]
    fn into_error(self) -> Error;
}

impl IntoError for mongodb::error::Error {
    fn into_error(self) -> Error {
        match self.get_custom::<EndedTransaction>() {
            Some(EndedTransaction { reason, source }) => Error::TransactionEnded { reason, source: source.clone() },
            None => Error::Driver(self),
        }
    }
}

impl<E: IntoError> From<E> for Error {
    fn from(error: E) -> Self {
        error.into_error()
    }
}
