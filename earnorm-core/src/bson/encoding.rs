//! Encodes Rust values as BSON and decodes them, with the raw serializer that the driver uses for whole documents.
//!
//! `bson` 2 and 3 name these functions differently. Any crate of the program can enable the driver's feature `bson-3`, so
//! a `cfg` of this crate can't tell which version is in use. Instead, name resolution chooses: a glob import in the
//! function's block brings the driver's function into scope if it exists. Otherwise the name resolves to a function of this
//! module, which calls the other version's function.

use std::fmt;

use mongodb::bson::{Bson, Document, RawBsonRef, RawDocument, RawDocumentBuf};
use serde::{Serialize, de::DeserializeOwned};

use super::depth_limit::DepthLimited;
use super::error::{BoxError, EncodeError};

/// Encodes a document as the driver's `insert_one` does.
pub(crate) fn encode_document<T: Serialize>(value: &T) -> Result<RawDocumentBuf, EncodeError> {
    #[allow(unused_imports, clippy::wildcard_imports, reason = "imports nothing that is used under `bson` 2")]
    use mongodb::bson::*;
    serialize_to_raw_document_buf(&DepthLimited::new(value)).map_err(EncodeError::new)
}

#[allow(dead_code, reason = "used only under `bson` 2, which has no function of this name")]
fn serialize_to_raw_document_buf<T: Serialize>(value: &T) -> Result<RawDocumentBuf, EncodeError> {
    fn to_raw_document_buf<T>(_: &T) -> Result<RawDocumentBuf, fmt::Error> {
        Err(fmt::Error)
    }
    {
        #[allow(unused_imports, clippy::wildcard_imports, reason = "shadows the function above under `bson` 2")]
        use mongodb::bson::*;
        to_raw_document_buf(value).map_err(EncodeError::new)
    }
}

/// Decodes a document from the bytes of a reply.
pub(crate) fn decode_document<T: DeserializeOwned>(document: &RawDocument) -> Result<T, BoxError> {
    #[allow(unused_imports, clippy::wildcard_imports, reason = "imports nothing that is used under `bson` 2")]
    use mongodb::bson::*;
    #[allow(clippy::useless_conversion, reason = "converts the driver's error under `bson` 3")]
    deserialize_from_slice(document.as_bytes()).map_err(Into::into)
}

#[allow(dead_code, reason = "used only under `bson` 2, which has no function of this name")]
fn deserialize_from_slice<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, BoxError> {
    fn from_slice<T>(_: &[u8]) -> Result<T, fmt::Error> {
        Err(fmt::Error)
    }
    {
        #[allow(unused_imports, clippy::wildcard_imports, reason = "shadows the function above under `bson` 2")]
        use mongodb::bson::*;
        from_slice(bytes).map_err(Into::into)
    }
}

/// Encodes a value as a field of a document.
pub fn encode<T: Serialize + ?Sized>(value: &T) -> Result<Bson, EncodeError> {
    #[derive(Serialize)]
    struct Wrapped<'a, T: ?Sized> {
        v: &'a T,
    }
    let document = encode_document(&Wrapped { v: value })?;
    match document.get("v") {
        Ok(Some(value)) => from_raw(value),
        Ok(None) => Err(EncodeError::new("the value was not serialized")),
        Err(e) => Err(EncodeError::new(e)),
    }
}

/// Decodes a value of a field; the inverse of [`encode`].
pub fn decode<T: DeserializeOwned>(value: Bson) -> Result<T, BoxError> {
    #[derive(serde::Deserialize)]
    struct Wrapped<T> {
        v: T,
    }
    let mut document = Document::new();
    document.insert("v", value);
    let raw = RawDocumentBuf::try_from(&document)?;
    Ok(decode_document::<Wrapped<T>>(&raw)?.v)
}

/// Converts a value of a reply to a `Bson`.
pub(crate) fn from_raw(value: RawBsonRef<'_>) -> Result<Bson, EncodeError> {
    Bson::try_from(value).map_err(EncodeError::new)
}
