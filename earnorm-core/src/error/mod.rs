mod blockers;
pub(crate) mod codes;
mod driver;
mod id;
mod refusal;

use mongodb::bson::Bson;
use mongodb::error::TRANSIENT_TRANSACTION_ERROR;

pub use self::blockers::Blockers;
pub(crate) use self::blockers::{RelationName, SAMPLE};
use self::codes::{DUPLICATE_KEY, TOO_LARGE};
pub(crate) use self::driver::{Graph, Over, is_unreachable};
pub use self::id::IdError;
use self::id::ObjectIdError;
pub(crate) use self::refusal::Refusal;
use crate::Model;
use crate::bson::{BoxError, EncodeError};

/// What every call of EarnORM returns.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What can go wrong, with what a program needs to act on it.
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
    /// A document that had to be there isn't.
    #[error("no `{model}` was found")]
    NotFound {
        /// The model that was asked for.
        model: &'static str,
    },

    /// One document was asked for, and there are several.
    #[error("more than one `{model}` was found where exactly one was asked for")]
    NotUnique {
        /// The model that was asked for.
        model: &'static str,
    },

    /// A relation, an update or a delete of a document that has no id yet.
    #[error("this `{model}` has no id yet; insert or save it first")]
    Unsaved {
        /// The document's model.
        model: &'static str,
    },

    /// A key that points nowhere.
    #[error("`{model}::{field}` refers to {id}, which isn't there")]
    Dangling {
        /// The model that holds the key.
        model: &'static str,
        /// The key's stored name.
        field: &'static str,
        /// The id that it holds.
        id: Box<Bson>,
    },

    /// A delete that a rule forbids: documents refer to what was to be deleted, and stay. Nothing was written.
    #[error("`{model}::{relation}` restricts this delete: {blockers}")]
    Restricted {
        /// The model that declares the rule.
        model: &'static str,
        /// The relation with the rule.
        relation: &'static str,
        /// The documents that stand in the way.
        blockers: Box<Blockers>,
    },

    /// The data changed between a plan and its execution. Nothing was written.
    #[error("what this plan would delete has changed since it was made; make a new one")]
    StalePlan,

    /// A delete of more documents than one transaction is to hold. Nothing was written.
    #[error(
        "{documents} documents are too many for one transaction (at most {limit}); use `plan_delete` and its \
         `execute_in_batches`, or raise the plan's `limit`"
    )]
    TransactionTooLarge {
        /// How many documents it would write, as far as it was counted.
        documents: u64,
        /// How many are allowed.
        limit: u64,
    },

    /// A hook failed. In a transaction nothing was written.
    #[error("`{hook}` of the `{model}` with `_id` {id} failed: {source}")]
    Hook {
        /// The model with the hook.
        model: &'static str,
        /// `before_delete`, `after_delete`, `before_save` or `after_save`.
        hook: &'static str,
        /// The document's `_id`; null where it has none yet.
        id: Box<Bson>,
        /// What the hook gave.
        source: Box<Error>,
    },

    /// Two relations with different delete rules for one key. Nothing was written.
    #[error("two rules contradict each other for `{model}::{field}`: {reason}; keep one")]
    RuleConflict {
        /// The model that holds the key.
        model: &'static str,
        /// The key's stored name.
        field: &'static str,
        /// Which relation says what.
        reason: String,
    },

    /// A key of a document that is to be written refers to one that isn't there. Nothing was written.
    #[error("`{model}::{field}` refers to {id}, which isn't there")]
    MissingReference {
        /// The model that holds the key.
        model: &'static str,
        /// The key's stored name.
        field: &'static str,
        /// The id that it holds.
        id: Box<Bson>,
    },

    /// A unique index refused a write. Give indexes of your own a name, to tell them apart here.
    #[error("another `{model}` has the same key in the unique index `{index}`")]
    Duplicate {
        /// The model that was written.
        model: &'static str,
        /// The name of the index, as `check_indexes` or the server's `listIndexes` gives it.
        index: String,
    },

    /// A stored document isn't what its model says.
    #[error("the `{model}` with `_id` {id} doesn't decode: `{field}`: {source}")]
    Decode {
        /// The model.
        model: &'static str,
        /// The path of the field that is at fault; `.` for the document as a whole.
        field: String,
        /// The document's `_id`; null where it has none.
        id: Box<Bson>,
        /// What serde says.
        source: BoxError,
    },

    /// A value that BSON can't hold, as a `u64` over `i64::MAX`, or that its `Serialize` refused. Also one that is nested in
    /// more than 180 documents and lists, which is what a server stores, and a condition that is.
    #[error("a value of `{model}` can't be written as BSON: {source}")]
    Encode {
        /// The model that was to be written or asked for.
        model: &'static str,
        /// What the serializer says.
        source: EncodeError,
    },

    /// What [`Strategy::Lookup`](crate::Strategy::Lookup) would join to one document is more than the server can send as
    /// one: 16 MiB.
    #[error(
        "a `{model}` with its `{relation}` is larger than the 16 MiB that the server joins to one document; load it with `Strategy::Batch`"
    )]
    TooLarge {
        /// The model that was queried.
        model: &'static str,
        /// Its relation. If several were joined at once, all of them: the server doesn't say which.
        relation: String,
    },

    /// A call that can't mean anything, such as page 0. [`is_client_error`](Error::is_client_error) says whether one of its
    /// values is at fault.
    #[error("`{model}`: {reason}")]
    Invalid {
        /// The model that was asked.
        model: &'static str,
        /// What is wrong, and what to do instead.
        reason: String,
        /// Whether a value is at fault, as a client may have sent it, and not the call.
        value: bool,
    },

    /// A [`transaction`](crate::transaction()) on a standalone server, which has none. Nothing was written. Deletes, hooks and
    /// checked writes do without one there.
    #[error(
        "this server has no transactions, since it is a standalone one; start it as a replica set of one: \
         `mongod --replSet rs0`, then `rs.initiate()` in the shell"
    )]
    NoTransactions(#[source] mongodb::error::Error),

    /// A [`transaction`](crate::transaction()) that was over before its body, and so can't be committed: a call on the
    /// session that [`Transaction::session`](crate::Transaction::session) lent has committed or aborted it, a command on
    /// that session has failed and the body went on, or a write of the body was dropped before its answer came.
    ///
    /// What the body wrote isn't stored, unless that call was a commit.
    #[error("the transaction was over before its body: {reason}")]
    TransactionEnded {
        /// What ended it.
        reason: &'static str,
        /// What the server said to the commit, if it was sent.
        source: Option<mongodb::error::Error>,
    },

    /// An error of the user's own, passed through a transaction by [`Error::other`]. Also what [`connect`](crate::connect())
    /// says of a string without a database.
    #[error(transparent)]
    Other(BoxError),

    /// The server or the driver refused, or wasn't reached.
    ///
    /// It prints what went wrong; the driver's error also has the reply as it came.
    #[error("{}", .0.kind)]
    Driver(#[source] mongodb::error::Error),
}

impl Error {
    /// Wraps an error of the user's own, to carry it out of a transaction.
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

    /// Whether a value that was passed on is at fault, which a client may have sent; otherwise the program, the data or the
    /// server is. A web service answers 400.
    ///
    /// So it is for page 0 or a page size of 0, a value that can't be written as BSON (a `u64` over `i64::MAX`, say, or one
    /// nested too deep), text in `regex` that isn't a regular expression, and, in [`Error::other`], text that isn't an id. An error that a hook
    /// gave counts as if the call had given it. Variants that say more, such as [`NotFound`](Error::NotFound) or
    /// [`Duplicate`](Error::Duplicate), are matched by themselves.
    ///
    /// ```no_run
    /// use earnorm::Error;
    /// use earnorm::prelude::*;
    ///
    /// # #[derive(Serialize, Deserialize, Model)]
    /// # struct User { #[serde(rename = "_id")] id: ObjectId }
    /// # async fn run(db: mongodb::Database, number: u64) -> earnorm::Result<u16> {
    /// let status = match User::find_all().page(&db, number, 20).await {
    ///     Ok(_) => 200,
    ///     Err(error) if error.is_client_error() => 400,
    ///     Err(_) => 500,
    /// };
    /// # Ok(status) }
    /// ```
    pub fn is_client_error(&self) -> bool {
        match self {
            Self::Invalid { value, .. } => *value,
            Self::Encode { source, .. } => !source.is_misuse(),
            Self::Hook { source, .. } => source.is_client_error(),
            Self::Other(own) => {
                own.is::<IdError>()
                    || own.is::<ObjectIdError>()
                    || own.downcast_ref::<Self>().is_some_and(Self::is_client_error)
            }
            Self::Driver(_) => self.has_code(INVALID_REGEX),
            _ => false,
        }
    }

    pub(crate) fn encode<M: Model>(source: EncodeError) -> Self {
        Self::Encode { model: M::METADATA.name, source }
    }

    /// What the driver says of a write of `M`, with a duplicate key told apart.
    pub(crate) fn write<M: Model>(error: mongodb::error::Error) -> Self {
        Self::write_to(M::METADATA.name, error)
    }

    /// The same for a model that is known by its name.
    pub(crate) fn write_to(model: &'static str, error: mongodb::error::Error) -> Self {
        match duplicate_index(&error) {
            Some(index) => Self::Duplicate { model, index },
            None => error.into(),
        }
    }

    /// What the driver says of a read, with what is too large to be joined told apart.
    pub(crate) fn read(error: mongodb::error::Error, joined: Option<&Graph>) -> Self {
        match joined {
            Some(Graph { model, relations }) if codes::has_code(&error, &TOO_LARGE) => {
                Self::TooLarge { model, relation: relations.join("`, `") }
            }
            _ => error.into(),
        }
    }

    /// Whether a transaction that failed with it may be tried again. If no server was found, the driver has waited for one
    /// already.
    pub(crate) fn is_transient(&self) -> bool {
        self.driver().is_some_and(|error| error.contains_label(TRANSIENT_TRANSACTION_ERROR) && !is_unreachable(error))
    }

    /// Whether the server's answer has this code, in whichever form.
    pub(crate) fn has_code(&self, code: i32) -> bool {
        self.driver().is_some_and(|error| codes::has_code(error, &[code]))
    }

    /// Whether the server has answered, so that this isn't a failure on the way to it.
    pub(crate) fn is_answer(&self) -> bool {
        self.driver().is_some_and(|error| !codes::codes(error).is_empty())
    }

    /// An error with the code that says so.
    pub(crate) fn no_transactions(self) -> Self {
        match self {
            Self::Driver(error) => Self::NoTransactions(error),
            // within an error of the body's own, which is given back as it is
            other => other,
        }
    }

    /// What the server says to the commit of a transaction that it doesn't have.
    pub(crate) fn ended(self, reason: &'static str) -> Self {
        match self {
            Self::Driver(error) => Self::TransactionEnded { reason, source: Some(error) },
            other => other,
        }
    }

    /// What the driver said, within whatever wraps it.
    pub(crate) fn driver(&self) -> Option<&mongodb::error::Error> {
        // another attempt would end the same way, whatever the label of its commit says
        self.chain().take_while(|error| !is_ended(*error)).find_map(|error| error.downcast_ref())
    }

    /// Whether it says, within whatever wraps it, that a transaction was over.
    pub(crate) fn is_ended(&self) -> bool {
        self.chain().any(is_ended)
    }

    /// The error and what it was caused by. `Other` is transparent: its `source` is that of the error within, which would
    /// be passed over.
    fn chain(&self) -> impl Iterator<Item = &(dyn std::error::Error + 'static)> {
        let first: &(dyn std::error::Error + 'static) = self;
        std::iter::successors(Some(first), |error| match error.downcast_ref::<Self>() {
            Some(Self::Driver(driver)) => Some(driver),
            Some(Self::Other(inner)) => Some(inner.as_ref()),
            Some(Self::Hook { source, .. }) => Some(source.as_ref()),
            _ => error.source(),
        })
    }
}

fn is_ended(error: &(dyn std::error::Error + 'static)) -> bool {
    matches!(error.downcast_ref(), Some(Error::TransactionEnded { .. }))
}

/// What the server says of a regular expression that isn't one.
const INVALID_REGEX: i32 = 51_091;

/// An error that `?` turns into an [`Error`]: the driver's.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an error of EarnORM or of the driver",
    label = "not an error of EarnORM or of the driver: wrap it by `.map_err(earnorm::Error::other)`; a transaction with an error type of your own is `earnorm::try_transaction`"
)]
pub trait IntoError {
    #[doc(hidden)]
    fn into_error(self) -> Error;
}

impl IntoError for mongodb::error::Error {
    fn into_error(self) -> Error {
        match self.get_custom::<Over>() {
            Some(Over { reason, source }) => Error::TransactionEnded { reason, source: source.clone() },
            None => Error::Driver(self),
        }
    }
}

impl<E: IntoError> From<E> for Error {
    fn from(error: E) -> Self {
        error.into_error()
    }
}

fn duplicate_index(error: &mongodb::error::Error) -> Option<String> {
    let (_, message) = codes::codes(error).into_iter().find(|(code, _)| *code == DUPLICATE_KEY)?;
    // the server names the index in its message only: "E11000 duplicate key error collection: c index: i dup key: .."
    let rest = message.split_once("index: ").map_or("", |(_, rest)| rest);
    // a name may have spaces
    let ends = [" collation: ", " dup key"].into_iter();
    let name = ends.fold(rest, |name, end| name.split_once(end).map_or(name, |(name, _)| name));
    Some(name.to_owned())
}
