//! The codes that a server's answer carries, in whichever form the driver reports them.

use std::error::Error as _;

use mongodb::error::{Error, ErrorKind, WriteFailure};

/// `IllegalOperation`: what a standalone server answers to the first command of a transaction.
pub(crate) const NO_TRANSACTIONS: i32 = 20;
/// `NamespaceNotFound`: a collection that doesn't exist has no indexes.
pub(crate) const NO_COLLECTION: i32 = 26;
/// `MaxTimeMSExpired`: a commit that ran out of time would do so again.
pub(crate) const MAX_TIME_EXPIRED: i32 = 50;
/// `CannotCreateIndex`: not on this collection, whatever is in it.
pub(crate) const CANNOT_CREATE: i32 = 67;
/// `NoSuchTransaction`: the server has aborted it, or never had it.
pub(crate) const NO_SUCH_TRANSACTION: i32 = 251;
/// `TransactionTooLarge`, `TransactionTooLargeForCache`: what a server says to a transaction that it can't hold.
pub(crate) const TRANSACTION_TOO_LARGE: [i32; 2] = [257, 388];
/// `DuplicateKey`.
pub(crate) const DUPLICATE_KEY: i32 = 11_000;
/// What servers say of a document that grew too large in a pipeline: `BSONObjectTooLarge`; what one `$lookup` gathers;
/// a buffer; the result, in the words of two versions.
pub(crate) const TOO_LARGE: [i32; 5] = [10_334, 4_568, 13_548, 17_280, 4_031_700];

/// Every code of an error, with its message: those of the command, of its single writes and of its write concern, and
/// those of the error that caused it. Empty where no server has answered.
///
/// Which form a code takes depends on the command and on the server: an update in a transaction may fail as a command or
/// as a write. So whoever looks for a code looks here.
pub(crate) fn codes(error: &Error) -> Vec<(i32, &str)> {
    let mut codes = Vec::new();
    let mut next = Some(error);
    while let Some(error) = next {
        match &*error.kind {
            ErrorKind::Command(e) => codes.push((e.code, e.message.as_str())),
            ErrorKind::Write(WriteFailure::WriteError(e)) => codes.push((e.code, &e.message)),
            ErrorKind::Write(WriteFailure::WriteConcernError(e)) => codes.push((e.code, &e.message)),
            ErrorKind::InsertMany(e) => {
                codes.extend(e.write_errors.iter().flatten().map(|e| (e.code, e.message.as_str())));
                codes.extend(e.write_concern_error.iter().map(|e| (e.code, e.message.as_str())));
            }
            ErrorKind::BulkWrite(e) => {
                codes.extend(e.write_errors.values().map(|e| (e.code, e.message.as_str())));
                codes.extend(e.write_concern_errors.iter().map(|e| (e.code, e.message.as_str())));
            }
            _ => {}
        }
        next = error.source().and_then(|source| source.downcast_ref());
    }
    codes
}

/// Whether a server's answer has one of these codes.
pub(crate) fn has_code(error: &Error, wanted: &[i32]) -> bool {
    codes(error).iter().any(|(code, _)| wanted.contains(code))
}
