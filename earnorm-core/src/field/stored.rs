//! Stored values of documents.

use mongodb::bson::{Bson, RawBsonRef, RawDocument};

use crate::error::Refusal;
use crate::{Error, Model, Result, bson};

/// The value of a field in a document; null if the field is missing.
pub(crate) fn value(document: &RawDocument, key: &str) -> Result<Bson> {
    bson::from_raw(raw_value(document, key)?).map_err(Error::other)
}

/// The value at a path of names with dots, none of which is an array; null if it is missing.
pub(crate) fn raw_value<'d>(mut document: &'d RawDocument, path: &str) -> Result<RawBsonRef<'d>> {
    let mut path = path;
    while let Some((outer, inner)) = path.split_once('.') {
        match document.get(outer).map_err(mongodb::error::Error::from)? {
            Some(RawBsonRef::Document(inside)) => (document, path) = (inside, inner),
            _ => return Ok(RawBsonRef::Null),
        }
    }
    Ok(document.get(path).map_err(mongodb::error::Error::from)?.unwrap_or(RawBsonRef::Null))
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
