//! What is read out of errors of the driver, and carried in them.

use mongodb::error::ErrorKind;

/// Carried out of a step by an error of the driver's.
pub(crate) struct Over {
    pub(crate) reason: &'static str,
    pub(crate) source: Option<mongodb::error::Error>,
}

impl From<Over> for mongodb::error::Error {
    fn from(over: Over) -> Self {
        Self::custom(over)
    }
}

/// A model and what is joined to its documents.
pub(crate) struct Graph {
    pub(crate) model: &'static str,
    pub(crate) relations: Vec<String>,
}

/// Whether no server was found. The driver has waited for one as long as it was told to, so there is no point in another
/// attempt.
pub(crate) fn is_unreachable(error: &mongodb::error::Error) -> bool {
    matches!(&*error.kind, ErrorKind::ServerSelection { .. })
}
