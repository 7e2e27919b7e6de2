//! The limits of a delete, and its errors.

use crate::error::RelationName;
use crate::error::codes::TRANSACTION_TOO_LARGE;
use crate::{Blockers, Error};

/// How many documents one transaction may write by default. The 1,000 that the MongoDB manual recommends are about the
/// duration of a transaction; what a server rejects depends on its memory.
pub(super) const LIMIT: u64 = 250_000;

/// Converts the server's errors for a transaction that is too large; returns any other error unchanged.
pub(super) fn map_too_large(error: Error, documents: u64, limit: u64) -> Error {
    if TRANSACTION_TOO_LARGE.iter().any(|code| error.has_code(*code)) {
        return Error::TransactionTooLarge { documents, limit };
    }
    error
}

pub(super) fn restricted_error(blockers: &Blockers) -> Error {
    let (RelationName { model, relation }, blockers) = (blockers.by(), Box::new(blockers.clone()));
    if blockers.is_lost() {
        return Error::NotRestorable { model: blockers.model, by: model, relation, blockers };
    }
    Error::Restricted { model, relation, blockers }
}
