//! Conversions from the driver's errors, for calls that know what they sent.

use super::Error;
use super::codes::{self, DUPLICATE_KEY, TOO_LARGE};
use super::driver::Graph;
use crate::bson::EncodeError;
use crate::embedded::Record;

impl Error {
    pub(crate) fn encode<M: Record>(source: EncodeError) -> Self {
        Self::Encode { model: M::TABLE.name, source }
    }

    /// Converts the driver's error of a write to a model: a duplicate key becomes [`Error::Duplicate`].
    pub(crate) fn write_to(model: &'static str, error: mongodb::error::Error) -> Self {
        match duplicate_index(&error) {
            Some(index) => Self::Duplicate { model, index },
            None => error.into(),
        }
    }

    /// Converts the driver's error of a read: a joined document above 16 MiB becomes [`Error::TooLarge`].
    pub(crate) fn read(error: mongodb::error::Error, joined: Option<&Graph>) -> Self {
        match joined {
            Some(Graph { model, relations }) if codes::has_code(&error, &TOO_LARGE) => {
                Self::TooLarge { model, relation: relations.join("`, `") }
            }
            _ => error.into(),
        }
    }

    /// Converts an error with the code [`NO_TRANSACTIONS`](codes::NO_TRANSACTIONS).
    pub(crate) fn into_no_transactions(self) -> Self {
        match self {
            Self::Driver(error) => Self::NoTransactions(error),
            // the body's own error wraps the code; it is returned unchanged
            other => other,
        }
    }

    /// Converts the error of the commit of a transaction that the server doesn't have.
    pub(crate) fn into_transaction_ended(self, reason: &'static str) -> Self {
        match self {
            Self::Driver(error) => Self::TransactionEnded { reason, source: Some(error) },
            other => other,
        }
    }
}

/// Whether a write was refused because another document has its `_id`.
pub(crate) fn is_duplicate_id(error: &mongodb::error::Error) -> bool {
    duplicate_index(error).is_some_and(|index| index == "_id_")
}

fn duplicate_index(error: &mongodb::error::Error) -> Option<String> {
    let (_, message) = codes::codes(error).into_iter().find(|(code, _)| *code == DUPLICATE_KEY)?;
    // only the message has the name of the index: "E11000 duplicate key error collection: c index: i dup key: .."
    let rest = message.split_once("index: ").map_or("", |(_, rest)| rest);
    // a name may contain spaces
    let ends = [" collation: ", " dup key"].into_iter();
    let name = ends.fold(rest, |name, end| name.split_once(end).map_or(name, |(name, _)| name));
    Some(name.to_owned())
}
