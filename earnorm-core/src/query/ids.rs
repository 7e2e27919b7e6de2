//! Lists of ids in queries.

use mongodb::bson::Bson;

use crate::schema::Stored;
use crate::store::{self, Find};

/// The ids to which a query is restricted.
#[derive(Debug, Clone)]
pub(crate) struct Ids {
    pub(crate) list: Vec<Bson>,
    /// Whether the results have the order of the list, unless the query has another one.
    pub(crate) keep_order: bool,
}

/// Whether a list of ids is too long for one command.
pub(crate) fn is_too_long(ids: &[Bson]) -> bool {
    store::chunks_of(usize::MAX, ids).len() > 1
}

/// A command that runs before a query: it reads the ids under one key of a join model's documents.
#[derive(Debug, Clone)]
pub(crate) struct Via {
    pub(crate) find: Find,
    pub(crate) key: &'static str,
    /// How the ids are stored under the key.
    pub(crate) stored: Stored,
}
