use super::Error;
use crate::bson::EncodeError;

/// Why a query can't run. It is found while the query is built, and returned as an error when the query runs.
#[derive(Debug, Clone)]
pub(crate) enum Refusal {
    Unsaved { model: &'static str },
    Encode { model: &'static str, source: EncodeError },
    Invalid { model: &'static str, reason: String },
}

impl Refusal {
    /// A value that can't be encoded, for code without the bound `M: Model`. The name is the last part of the type's path.
    pub(crate) fn encode<M>(source: EncodeError) -> Self {
        Self::Encode { model: short_name::<M>(), source }
    }
}

/// The last part of a type's path, for code without the bound `M: Model`.
pub(crate) fn short_name<M>() -> &'static str {
    let path = std::any::type_name::<M>();
    path.rsplit("::").next().unwrap_or(path)
}

// keeps this implementation out of rustc's list of errors that `?` converts
#[diagnostic::do_not_recommend]
impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Unsaved { model } => Self::Unsaved { model },
            Refusal::Encode { model, source } => Self::Encode { model, source },
            Refusal::Invalid { model, reason } => Self::Invalid { model, reason, value: false },
        }
    }
}
