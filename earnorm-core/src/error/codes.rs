//! The error codes in a server's reply, in every form in which the driver reports them.

use std::error::Error as _;

use mongodb::error::{Error, ErrorKind, WriteFailure};

/// `IllegalOperation`: the reply of a standalone server to the first command of a transaction.
pub(crate) const NO_TRANSACTIONS: i32 = 20;
/// `NamespaceNotFound`: the reply to `listIndexes` on a collection that doesn't exist.
pub(crate) const NO_COLLECTION: i32 = 26;
/// `IndexNotFound`: the reply to `dropIndexes` for an index that doesn't exist.
pub(crate) const NO_INDEX: i32 = 27;
/// `MaxTimeMSExpired`: a commit took longer than its time limit. Another attempt would take as long.
pub(crate) const MAX_TIME_EXPIRED: i32 = 50;
/// `CannotCreateIndex`: the collection can't have this index, whatever documents it has.
pub(crate) const CANNOT_CREATE: i32 = 67;
/// `ConversionFailure`: an expression can't convert a value.
pub(crate) const CONVERSION_FAILURE: i32 = 241;
/// `NoSuchTransaction`: the server has aborted the transaction, or never had it.
pub(crate) const NO_SUCH_TRANSACTION: i32 = 251;
/// `TransactionTooLarge`, `TransactionTooLargeForCache`: the server can't hold the transaction.
pub(crate) const TRANSACTION_TOO_LARGE: [i32; 2] = [257, 388];
/// A regular expression is not valid.
pub(crate) const INVALID_REGEX: i32 = 51_091;
/// `DuplicateKey`: a unique index refuses a write.
pub(crate) const DUPLICATE_KEY: i32 = 11_000;
/// A document grew too large in a pipeline: `BSONObjectTooLarge`, the result of one `$lookup`, a buffer, and the final
/// result (two codes, of different server versions). The last one: a `$graphLookup` needs more than 100 MiB.
pub(crate) const TOO_LARGE: [i32; 6] = [10_334, 4_568, 13_548, 17_280, 4_031_700, 40_099];

/// Every code in an error, with its message: those of the command, of its single writes and of its write concern, and
/// those of the error that caused it. Empty if no server has replied.
///
/// Look for codes only with this function. The form of a code depends on the command and on the server: an update in a
/// transaction may fail as a command or as a write.
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

/// Whether an error has one of these codes.
pub(crate) fn has_code(error: &Error, wanted: &[i32]) -> bool {
    codes(error).iter().any(|(code, _)| wanted.contains(code))
}
