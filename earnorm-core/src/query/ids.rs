//! Lists of ids.

use mongodb::bson::Bson;

use crate::store;

/// The ids of the documents that a query is for.
#[derive(Debug, Clone)]
pub(crate) struct Ids {
    pub(crate) list: Vec<Bson>,
    /// The results come in the order of the list where no other is asked for.
    pub(crate) arranged: bool,
}

/// Whether a list of ids is too long for one command.
pub(crate) fn is_too_long(ids: &[Bson]) -> bool {
    store::chunks_of(usize::MAX, ids).len() > 1
}
