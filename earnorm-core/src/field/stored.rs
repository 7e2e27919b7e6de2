//! Stored values of documents.

use mongodb::bson::{Bson, RawBsonRef, RawDocument};

use crate::error::Refusal;
use crate::{Error, Model, Result, bson};

/// The value of a field in a document; null if the field is missing.
pub(crate) fn value(document: &RawDocument, key: &str) -> Result<Bson> {
    let value = document.get(key).map_err(mongodb::error::Error::from)?;
    value.map_or(Ok(Bson::Null), bson::from_raw).map_err(Error::other)
}

/// The stored id of a document; a refusal if it has no id yet.
pub(crate) fn saved_id<M: Model>(model: &M) -> Result<Bson, Refusal> {
    stored_id::<M>(M::ID.get(model))
}

/// The stored form of an id; a refusal if it is `None`.
pub(crate) fn stored_id<M: Model>(id: &M::Id) -> Result<Bson, Refusal> {
    let name = M::METADATA.name;
    match M::ID.encode(id) {
        Ok(Bson::Null) => Err(Refusal::Unsaved { model: name }),
        Ok(id) => Ok(id),
        Err(source) => Err(Refusal::Encode { model: name, source }),
    }
}

/// Calls `each` with every value at a path with dots. It follows embedded documents, and the embedded documents in
/// arrays, as a filter of the server does.
pub(crate) fn each_value<'d>(
    document: &'d RawDocument,
    path: &str,
    each: &mut dyn FnMut(RawBsonRef<'d>) -> Result<()>,
) -> Result<()> {
    let (name, rest) = path.split_once('.').unwrap_or((path, ""));
    match document.get(name).map_err(mongodb::error::Error::from)? {
        Some(value) if rest.is_empty() => each(value),
        Some(RawBsonRef::Document(inner)) => each_value(inner, rest, each),
        Some(RawBsonRef::Array(items)) => {
            for item in items {
                if let RawBsonRef::Document(inner) = item.map_err(mongodb::error::Error::from)? {
                    each_value(inner, rest, each)?;
                }
            }
            Ok(())
        }
        _ => Ok(()),
    }
}
