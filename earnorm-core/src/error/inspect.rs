//! Questions about an error: its cause, its codes, its labels.

use mongodb::error::{ErrorKind, TRANSIENT_TRANSACTION_ERROR};

use super::Error;
use super::codes::{self, INVALID_REGEX};
use super::driver::is_unreachable;
use super::id::{IdError, ObjectIdError};

impl Error {
    /// Whether the cause is a value that a client may have sent. A web service answers such an error with status 400.
    ///
    /// It returns `true` for:
    /// * page 0 and a page size of 0
    /// * a value that can't be written as BSON, such as a `u64` above `i64::MAX` or a value that is nested too deeply
    /// * an operand of `regex` that isn't a regular expression
    /// * text that isn't an id, in [`Error::other`]
    /// * an error of a hook, or the first error of a bulk, for which it returns `true`
    ///
    /// It returns `false` for variants with a meaning of their own, such as [`NotFound`](Error::NotFound) and
    /// [`Duplicate`](Error::Duplicate). Match them separately.
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
            Self::Bulk { source, .. } => source.is_client_error(),
            Self::Other(own) => {
                own.is::<IdError>()
                    || own.is::<ObjectIdError>()
                    || own.downcast_ref::<Self>().is_some_and(Self::is_client_error)
            }
            Self::Driver(_) => self.has_code(INVALID_REGEX),
            _ => false,
        }
    }

    /// Whether no server could be reached, or the connection to it was lost. A web service answers such an error with status
    /// 503.
    ///
    /// The driver has already waited for a server, and repeated the command once. After a lost connection, a write may have
    /// been carried out.
    ///
    /// ```
    /// use earnorm::Error;
    ///
    /// let lost = mongodb::error::Error::from(std::io::Error::from(std::io::ErrorKind::ConnectionReset));
    /// assert!(Error::from(lost).is_unreachable());
    /// assert!(!Error::NotFound { model: "User" }.is_unreachable());
    /// ```
    pub fn is_unreachable(&self) -> bool {
        self.driver().is_some_and(|error| {
            is_unreachable(error) || matches!(&*error.kind, ErrorKind::Io(_) | ErrorKind::ConnectionPoolCleared { .. })
        })
    }

    /// Whether a transaction that failed with this error may be retried. Not if the driver found no server: it has already
    /// waited for one.
    pub(crate) fn is_transient(&self) -> bool {
        self.driver().is_some_and(|error| error.contains_label(TRANSIENT_TRANSACTION_ERROR) && !is_unreachable(error))
    }

    /// Whether the server's reply has this code.
    pub(crate) fn has_code(&self, code: i32) -> bool {
        self.driver().is_some_and(|error| codes::has_code(error, &[code]))
    }

    /// Whether a command failed with this error before it wrote anything.
    pub(crate) fn wrote_nothing(&self) -> bool {
        match self.driver() {
            Some(error) => is_unreachable(error) || matches!(&*error.kind, ErrorKind::Command(_)),
            // a hook may have failed after a write
            None => !matches!(self, Self::Hook { .. }),
        }
    }

    /// Whether this error is a reply of the server, and not a failure to reach it.
    pub(crate) fn is_reply(&self) -> bool {
        self.driver().is_some_and(|error| !codes::codes(error).is_empty())
    }

    /// The driver's error in the chain of causes.
    pub(crate) fn driver(&self) -> Option<&mongodb::error::Error> {
        // not the one in `TransactionEnded`: its label may allow a retry, but each attempt would end in the same way
        self.chain().take_while(|error| !is_ended(*error)).find_map(|error| error.downcast_ref())
    }

    /// Whether the chain of causes has an [`Error::TransactionEnded`].
    pub(crate) fn is_ended(&self) -> bool {
        self.chain().any(is_ended)
    }

    /// The error and its causes. It doesn't use `source` for `Other`, which is transparent: that would skip the wrapped
    /// error.
    fn chain(&self) -> impl Iterator<Item = &(dyn std::error::Error + 'static)> {
        let first: &(dyn std::error::Error + 'static) = self;
        std::iter::successors(Some(first), |error| match error.downcast_ref::<Self>() {
            Some(Self::Driver(driver)) => Some(driver),
            Some(Self::Other(inner)) => Some(inner.as_ref()),
            Some(Self::Hook { source, .. }) => Some(source.as_ref()),
            Some(Self::Bulk { source, .. }) => Some(source.as_ref()),
            _ => error.source(),
        })
    }
}

fn is_ended(error: &(dyn std::error::Error + 'static)) -> bool {
    matches!(error.downcast_ref(), Some(Error::TransactionEnded { .. }))
}
