//! Information in the driver's errors: read from them, or carried by them.

use mongodb::error::ErrorKind;

/// The transaction of a command has ended. A custom error of the driver carries this value to
/// [`IntoError`](super::IntoError).
pub(crate) struct EndedTransaction {
    pub(crate) reason: &'static str,
    pub(crate) source: Option<mongodb::error::Error>,
}

impl From<EndedTransaction> for mongodb::error::Error {
    fn from(ended: EndedTransaction) -> Self {
        Self::custom(ended)
    }
}

/// A model and the relations that a pipeline joins to its documents.
pub(crate) struct Graph {
    pub(crate) model: &'static str,
    pub(crate) relations: Vec<String>,
}

/// Whether the driver found no server. It has already waited for its server selection timeout, so another attempt is
/// pointless.
pub(crate) fn is_unreachable(error: &mongodb::error::Error) -> bool {
    matches!(&*error.kind, ErrorKind::ServerSelection { .. })
}
