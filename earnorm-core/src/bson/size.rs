//! How many bytes a value takes.

use mongodb::bson::{Bson, Document, RawDocumentBuf};

/// How many bytes a key takes in a list, at the most.
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
    // what can't be encoded isn't sent either
    RawDocumentBuf::try_from(document).map_or(0, |raw| raw.as_bytes().len())
}
