//! When a delete is refused.

use crate::error::RelationName;
use crate::error::codes::TRANSACTION_TOO_LARGE;
use crate::{Blockers, Error};

/// How many documents one transaction may write, unless a plan says otherwise. What is advised, 1,000, is about the time
/// that it takes; what a server refuses is about its memory.
pub(super) const LIMIT: u64 = 250_000;

/// What the server says to a transaction that is too large for it, in the words of ours.
pub(super) fn too_large(error: Error, documents: u64, limit: u64) -> Error {
    if TRANSACTION_TOO_LARGE.iter().any(|code| error.has_code(*code)) {
        return Error::TransactionTooLarge { documents, limit };
    }
    error
}

pub(super) fn restricted(blockers: &Blockers) -> Error {
    let RelationName { model, relation } = blockers.by();
    Error::Restricted { model, relation, blockers: Box::new(blockers.clone()) }
}
