//! Decodes documents as models.

use mongodb::bson::{Bson, Document, RawDocument};
use serde::de::DeserializeOwned;

use crate::embedded::Record;
use crate::{Error, Result, bson};

/// Decodes a document as its model. An error names the document and the field that can't be decoded.
pub(crate) fn decode<M: Record>(document: &RawDocument) -> Result<M> {
    decode_as::<M, M>(document)
}

/// Decodes a document of `M` as another type.
pub(crate) fn decode_as<M: Record, V: DeserializeOwned>(document: &RawDocument) -> Result<V> {
    bson::decode_document(document).map_err(|source| {
        let id = match document.get("_id") {
            Ok(Some(id)) => bson::from_raw(id).unwrap_or(Bson::Null),
            _ => Bson::Null,
        };
        Error::Decode {
            model: M::TABLE.name,
            field: failing_field::<M, V>(document, &source.to_string()),
            id: Box::new(id),
            source,
        }
    })
}

/// The field that can't be decoded. The raw decoder doesn't report it, so this decodes the document again with one that
/// does.
fn failing_field<M: Record, V: DeserializeOwned>(document: &RawDocument, message: &str) -> String {
    const WHOLE: &str = ".";
    // only the message names a missing field; it may also be in a sub-document, so check that it is missing here
    let missing = M::TABLE.fields.iter().find(|field| {
        message.contains(&format!("missing field `{}`", field.bson_name))
            && !matches!(document.get(field.bson_name), Ok(Some(_)))
    });
    if let Some(field) = missing {
        return field.bson_name.to_owned();
    }
    let Ok(document) = Document::try_from(document) else {
        return WHOLE.to_owned();
    };
    let decoder = mongodb::bson::Deserializer::new(Bson::Document(document));
    match serde_path_to_error::deserialize::<_, V>(decoder) {
        Ok(_) => WHOLE.to_owned(),
        Err(error) => error.path().to_string(),
    }
}
