//! The error of text that isn't an id.

use std::fmt;
use std::str::FromStr;

use mongodb::bson::oid::ObjectId;

/// Why a string can't be parsed as an id.
#[derive(Debug, Clone)]
pub struct IdError(pub(crate) ObjectIdError);

// the error's path differs between `bson` 2 and 3; `FromStr` names it under both
pub(crate) type ObjectIdError = <ObjectId as FromStr>::Err;

impl fmt::Display for IdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for IdError {}
