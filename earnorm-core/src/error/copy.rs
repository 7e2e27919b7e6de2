//! Copies of an error, for several callers of one command.

use std::fmt;
use std::sync::Arc;

use super::Error;
use crate::bson::BoxError;

/// The source of an error that several callers have. It displays like that source, and has the same causes.
struct SharedSource(Arc<Error>);

impl SharedSource {
    fn source(&self) -> Option<&BoxError> {
        match &*self.0 {
            Error::Decode { source, .. } | Error::Other(source) => Some(source),
            _ => None,
        }
    }

    fn boxed(error: &Arc<Error>) -> BoxError {
        Box::new(Self(Arc::clone(error)))
    }
}

impl fmt::Debug for SharedSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.source() {
            Some(source) => fmt::Debug::fmt(source, f),
            None => fmt::Debug::fmt(&self.0, f),
        }
    }
}

impl fmt::Display for SharedSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.source() {
            Some(source) => fmt::Display::fmt(source, f),
            None => fmt::Display::fmt(&self.0, f),
        }
    }
}

impl std::error::Error for SharedSource {
    /// The original source, so that a caller can downcast it.
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self.source() {
            Some(source) => Some(&**source),
            None => Some(&*self.0),
        }
    }
}

impl Error {
    /// The same error for one more caller, as the same variant. Only the source of a variant that boxes one is replaced, by
    /// one with the original as its source.
    pub(crate) fn copy_of(error: &Arc<Self>) -> Self {
        match &**error {
            Self::NotFound { model } => Self::NotFound { model },
            Self::NotUnique { model } => Self::NotUnique { model },
            Self::Unsaved { model } => Self::Unsaved { model },
            Self::Dangling { model, field, id } => Self::Dangling { model, field, id: id.clone() },
            Self::Deleted { model, id } => Self::Deleted { model, id: id.clone() },
            Self::UnknownTag { model, field, tag } => Self::UnknownTag { model, field, tag: tag.clone() },
            Self::Decode { model, field, id, .. } => {
                Self::Decode { model, field: field.clone(), id: id.clone(), source: SharedSource::boxed(error) }
            }
            Self::Encode { model, source } => Self::Encode { model, source: source.clone() },
            Self::TooLarge { model, relation } => Self::TooLarge { model, relation: relation.clone() },
            Self::Invalid { model, reason, value } => Self::Invalid { model, reason: reason.clone(), value: *value },
            Self::NoTransactions(source) => Self::NoTransactions(source.clone()),
            Self::TransactionEnded { reason, source } => Self::TransactionEnded { reason, source: source.clone() },
            Self::Driver(source) => Self::Driver(source.clone()),
            // errors of writes, which no read returns
            _ => Self::Other(SharedSource::boxed(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use mongodb::bson::Bson;

    use super::Error;

    #[test]
    fn a_copy_has_the_variant_and_the_text_of_the_original() {
        let source = std::fmt::Error;
        let decode =
            Error::Decode { model: "User", field: "age".into(), id: Bson::Int32(1).into(), source: source.into() };
        for error in [Error::other("boom"), Error::NotFound { model: "User" }, decode] {
            let (text, variant) = (error.to_string(), std::mem::discriminant(&error));
            let error = Arc::new(error);
            let copy = Error::copy_of(&error);
            assert_eq!((copy.to_string(), std::mem::discriminant(&copy)), (text, variant));
        }
    }

    #[test]
    fn the_original_source_can_be_downcast() {
        let error = Arc::new(Error::other(std::fmt::Error));
        let Error::Other(source) = Error::copy_of(&error) else { unreachable!() };
        assert!(source.source().is_some_and(<dyn std::error::Error>::is::<std::fmt::Error>));
    }
}
