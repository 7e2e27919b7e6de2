//! The limit on nested documents and arrays.
//!
//! Serializers and `Drop` recurse into a value, so a deep value from a client could overflow the stack. Values are checked
//! while they are encoded. Documents that users write as conditions or updates are checked when they are built.

use mongodb::bson::{Bson, Document};

use super::error::EncodeError;

/// The largest number of nested documents and arrays that a server stores.
pub(crate) const MAX_DEPTH: usize = 180;

pub(super) const TOO_DEEP: &str = "a value is nested in more than 180 documents and lists; keep it flatter";

pub(crate) fn too_deep() -> EncodeError {
    EncodeError::new(TOO_DEEP)
}

/// The documents and arrays directly inside a value.
fn nested_values(value: &Bson) -> Vec<&Bson> {
    match value {
        Bson::Array(values) => values.iter().filter(|value| is_nested(value)).collect(),
        Bson::Document(document) => document.values().filter(|value| is_nested(value)).collect(),
        Bson::JavaScriptCodeWithScope(code) => code.scope.values().filter(|value| is_nested(value)).collect(),
        _ => Vec::new(),
    }
}

fn is_nested(value: &Bson) -> bool {
    matches!(value, Bson::Array(_) | Bson::Document(_) | Bson::JavaScriptCodeWithScope(_))
}

/// How many documents and arrays are nested, this document included. Works without recursion.
pub(crate) fn depth(document: &Document) -> usize {
    let (mut depth, mut level) = (1, document.values().filter(|value| is_nested(value)).collect::<Vec<_>>());
    while !level.is_empty() {
        depth += 1;
        level = level.into_iter().flat_map(nested_values).collect();
    }
    depth
}

/// Drops a document without recursion.
pub(crate) fn discard(document: Document) {
    let mut left = vec![Bson::Document(document)];
    while let Some(value) = left.pop() {
        match value {
            Bson::Array(values) => left.extend(values),
            Bson::Document(document) => left.extend(document.into_iter().map(|(_, value)| value)),
            Bson::JavaScriptCodeWithScope(code) => left.push(Bson::Document(code.scope)),
            _ => {}
        }
    }
}

/// The document and its depth; an error if it is nested too deeply.
pub(crate) fn check_depth(document: Document) -> Result<(Document, usize), EncodeError> {
    match depth(&document) {
        depth if depth > MAX_DEPTH => {
            discard(document);
            Err(too_deep())
        }
        depth => Ok((document, depth)),
    }
}

#[cfg(test)]
mod tests {
    use mongodb::bson::{Bson, Document, doc};

    use super::{MAX_DEPTH, check_depth, depth};
    use crate::bson::{encode, encode_document};

    fn nested(levels: usize) -> Document {
        (1..levels).fold(Document::new(), |inner, n| {
            if n % 2 == 0 {
                doc! { "a": inner }
            } else {
                doc! { "b": inner }
            }
        })
    }

    #[test]
    fn the_deepest_value_is_encoded_and_a_deeper_one_is_refused() {
        let most = nested(MAX_DEPTH);
        assert_eq!(depth(&most), MAX_DEPTH);
        assert!(encode_document(&most).is_ok());
        // `encode` adds a document around the value
        assert!(encode(&nested(MAX_DEPTH - 1)).is_ok());
        assert!(encode_document(&nested(MAX_DEPTH + 1)).is_err_and(|error| !error.is_misuse()));
        assert!(encode(&nested(MAX_DEPTH)).is_err());
        assert!(check_depth(nested(MAX_DEPTH)).is_ok() && check_depth(nested(MAX_DEPTH + 1)).is_err());
    }

    #[test]
    fn a_very_deep_value_is_refused_and_dropped_without_recursion() {
        let mut deep = Bson::Null;
        for n in 0..1_000_000 {
            deep = if n % 2 == 0 { Bson::Array(vec![deep]) } else { doc! { "a": deep }.into() };
        }
        assert!(check_depth(doc! { "a": deep }).is_err());
        let mut deep = Bson::Null;
        for _ in 0..100_000 {
            deep = Bson::Array(vec![deep]);
        }
        let document = doc! { "a": deep };
        assert!(encode_document(&document).is_err());
        super::discard(document);
    }
}
