//! Text that isn't an id.

use std::fmt;
use std::str::FromStr;

use mongodb::bson::oid::ObjectId;

/// Why a string is no id.
#[derive(Debug, Clone)]
pub struct IdError(pub(crate) ObjectIdError);

// written by one path under `bson` 2 and another under 3, so named by what yields it
pub(crate) type ObjectIdError = <ObjectId as FromStr>::Err;

impl fmt::Display for IdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for IdError {}
