//! The encoded size of values.

use mongodb::bson::{Bson, Document, RawDocumentBuf};

/// The largest number of bytes that a key takes in an array.
pub(crate) fn size(key: &Bson) -> usize {
    match key {
        Bson::String(text) => text.len() + 16,
        Bson::Binary(binary) => binary.bytes.len() + 16,
        Bson::Document(document) => encoded_size(document) + 16,
        Bson::Array(values) => values.iter().map(size).sum::<usize>() + 16,
        _ => 24,
    }
}

fn encoded_size(document: &Document) -> usize {
    // a document that can't be encoded isn't sent
    RawDocumentBuf::try_from(document).map_or(0, |raw| raw.as_bytes().len())
}
