//! One way from Rust values to BSON and back: the raw path, which is also the driver's for whole documents.
//!
//! `bson` 2 and 3 name these functions differently, and which of the two the driver speaks is decided by
//! whoever turns on its `bson-3` feature, not by us. So no `cfg` can choose: the name is looked up in the
//! driver's `bson` first (a glob import of an inner block), and in the enclosing scope only where it is missing.

use std::fmt;

use mongodb::bson::{Bson, Document, RawBsonRef, RawDocument, RawDocumentBuf};
use serde::{Serialize, de::DeserializeOwned};

use super::error::{BoxError, EncodeError};
use super::nesting::Bounded;

/// The bytes of a document, as the driver's own `insert_one` would write it.
pub(crate) fn encode_document<T: Serialize>(value: &T) -> Result<RawDocumentBuf, EncodeError> {
    #[allow(unused_imports, clippy::wildcard_imports, reason = "empty of use under bson 2")]
    use mongodb::bson::*;
    serialize_to_raw_document_buf(&Bounded::new(value)).map_err(EncodeError::new)
}

#[allow(dead_code, reason = "found only where `bson` 2 has no such name")]
fn serialize_to_raw_document_buf<T: Serialize>(value: &T) -> Result<RawDocumentBuf, EncodeError> {
    fn to_raw_document_buf<T>(_: &T) -> Result<RawDocumentBuf, fmt::Error> {
        Err(fmt::Error)
    }
    {
        #[allow(unused_imports, clippy::wildcard_imports, reason = "shadows the function above under bson 2")]
        use mongodb::bson::*;
        to_raw_document_buf(value).map_err(EncodeError::new)
    }
}

/// One document, straight from the bytes of a reply.
pub(crate) fn decode_document<T: DeserializeOwned>(document: &RawDocument) -> Result<T, BoxError> {
    #[allow(unused_imports, clippy::wildcard_imports, reason = "empty of use under bson 2")]
    use mongodb::bson::*;
    #[allow(clippy::useless_conversion, reason = "the driver's own error under bson 3")]
    deserialize_from_slice(document.as_bytes()).map_err(Into::into)
}

#[allow(dead_code, reason = "found only where `bson` 2 has no such name")]
fn deserialize_from_slice<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, BoxError> {
    fn from_slice<T>(_: &[u8]) -> Result<T, fmt::Error> {
        Err(fmt::Error)
    }
    {
        #[allow(unused_imports, clippy::wildcard_imports, reason = "shadows the function above under bson 2")]
        use mongodb::bson::*;
        from_slice(bytes).map_err(Into::into)
    }
}

/// One value as it stands in a stored document.
pub fn encode<T: Serialize + ?Sized>(value: &T) -> Result<Bson, EncodeError> {
    #[derive(Serialize)]
    struct Wrapped<'a, T: ?Sized> {
        v: &'a T,
    }
    let document = encode_document(&Wrapped { v: value })?;
    match document.get("v") {
        Ok(Some(value)) => owned(value),
        Ok(None) => Err(EncodeError::new("the value was not serialized")),
        Err(e) => Err(EncodeError::new(e)),
    }
}

/// The way back of [`encode`].
pub(crate) fn decode<T: DeserializeOwned>(value: Bson) -> Result<T, BoxError> {
    #[derive(serde::Deserialize)]
    struct Wrapped<T> {
        v: T,
    }
    let mut document = Document::new();
    document.insert("v", value);
    let raw = RawDocumentBuf::try_from(&document)?;
    Ok(decode_document::<Wrapped<T>>(&raw)?.v)
}

pub(crate) fn owned(value: RawBsonRef<'_>) -> Result<Bson, EncodeError> {
    Bson::try_from(value).map_err(EncodeError::new)
}
