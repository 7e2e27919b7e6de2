//! Replaces members of an encoded document.

use mongodb::bson::{Document, RawDocument, RawDocumentBuf};

use super::EncodeError;

/// The document with these members: in the place of those with the same names, or at the end.
///
/// It copies the bytes of the other members. Decoding a document to change one member would cost several times its encoding.
pub(crate) fn with_members(document: &RawDocument, members: &Document) -> Result<RawDocumentBuf, EncodeError> {
    let malformed = || EncodeError::new("the encoded document is malformed");
    let mut new = Vec::with_capacity(members.len());
    for (name, value) in members {
        let mut alone = Document::new();
        alone.insert(name.clone(), value.clone());
        let alone = RawDocumentBuf::try_from(&alone).map_err(EncodeError::new)?;
        new.push((name.as_bytes(), Some(body(alone.as_bytes()).ok_or_else(malformed)?.to_vec())));
    }
    let old = document.as_bytes();
    let mut rest = body(old).ok_or_else(malformed)?;
    let mut bytes = Vec::with_capacity(old.len() + 64);
    bytes.extend_from_slice(&[0; 4]);
    while !rest.is_empty() {
        let (name, size) = member(rest).ok_or_else(malformed)?;
        let (own, others) = rest.split_at_checked(size).ok_or_else(malformed)?;
        match new.iter_mut().find(|(new, _)| *new == name) {
            // of several members with one name, the first one is kept
            Some((_, member)) => bytes.extend(member.take().unwrap_or_default()),
            None => bytes.extend_from_slice(own),
        }
        rest = others;
    }
    new.into_iter().filter_map(|(_, member)| member).for_each(|member| bytes.extend(member));
    bytes.push(0);
    let length = i32::try_from(bytes.len()).map_err(EncodeError::new)?;
    bytes[..4].copy_from_slice(&length.to_le_bytes());
    RawDocumentBuf::from_bytes(bytes).map_err(EncodeError::new)
}

/// The members of a document, without its length and its end.
fn body(document: &[u8]) -> Option<&[u8]> {
    document.get(4..document.len().checked_sub(1)?)
}

/// The name of the first member, and the number of its bytes with type and name.
fn member(bytes: &[u8]) -> Option<(&[u8], usize)> {
    let name = text(bytes.get(1..)?)?;
    let start = name.len() + 2;
    Some((name, start + value(*bytes.first()?, bytes.get(start..)?)?))
}

/// A text that ends with a zero.
fn text(bytes: &[u8]) -> Option<&[u8]> {
    bytes.split(|byte| *byte == 0).next().filter(|text| text.len() < bytes.len())
}

/// The size of a value of a type.
fn value(element_type: u8, bytes: &[u8]) -> Option<usize> {
    let length = || usize::try_from(i32::from_le_bytes(bytes.get(..4)?.try_into().ok()?)).ok();
    Some(match element_type {
        // undefined, null, the keys below and above all others
        0x06 | 0x0A | 0x7F | 0xFF => 0,
        0x08 => 1,
        0x10 => 4,
        // double, date, timestamp, 64-bit integer
        0x01 | 0x09 | 0x11 | 0x12 => 8,
        0x07 => 12,
        0x13 => 16,
        // string, code, symbol
        0x02 | 0x0D | 0x0E => length()? + 4,
        // document, array, code with a scope
        0x03 | 0x04 | 0x0F => length()?,
        0x05 => length()? + 5,
        // a reference with an id
        0x0C => length()? + 16,
        0x0B => {
            let pattern = text(bytes)?.len() + 1;
            pattern + text(bytes.get(pattern..)?)?.len() + 1
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    #![allow(clippy::unnecessary_fallible_conversions, reason = "under `bson` 3, the conversion can fail")]

    use mongodb::bson::oid::ObjectId;
    use mongodb::bson::spec::BinarySubtype;
    use mongodb::bson::{
        Binary, Bson, DateTime, Decimal128, Document, JavaScriptCodeWithScope, RawDocumentBuf, Regex, Timestamp, doc,
    };

    use super::with_members;

    fn every_type() -> Document {
        let code = JavaScriptCodeWithScope { code: "f".into(), scope: doc! { "a": 1 } };
        doc! {
            "double": 1.5, "string": "text", "document": { "a": [1, "b"] }, "array": [1, { "b": 2 }],
            "binary": Binary { subtype: BinarySubtype::Generic, bytes: vec![1, 2, 3] }, "undefined": Bson::Undefined,
            "id": ObjectId::new(), "boolean": true, "date": DateTime::now(), "null": Bson::Null,
            "regex": Bson::RegularExpression(Regex { pattern: "^a".try_into().unwrap(), options: "i".try_into().unwrap() }),
            "code": Bson::JavaScriptCode("g".into()), "symbol": Bson::Symbol("s".into()), "scoped": code,
            "int": 1, "timestamp": Timestamp { time: 1, increment: 2 }, "long": 2_i64,
            "decimal": "1.5".parse::<Decimal128>().unwrap(), "min": Bson::MinKey, "max": Bson::MaxKey, "last": 0,
        }
    }

    #[test]
    fn every_member_is_replaced_in_its_place() {
        let before = every_type();
        let raw = RawDocumentBuf::try_from(&before).unwrap();
        for name in before.keys() {
            let mut expected = before.clone();
            expected.insert(name.clone(), "new");
            let mut members = Document::new();
            members.insert(name.clone(), "new");
            let replaced = with_members(&raw, &members).unwrap();
            assert_eq!(Document::try_from(&*replaced).unwrap(), expected, "{name}");
        }
    }

    #[test]
    fn new_members_are_appended() {
        let raw = RawDocumentBuf::try_from(&every_type()).unwrap();
        let replaced = with_members(&raw, &doc! { "version": 1_i64, "int": 7 }).unwrap();
        let mut expected = every_type();
        let found = Document::try_from(&*replaced).unwrap();
        expected.extend(doc! { "int": 7, "version": 1_i64 });
        // ids and dates differ between two calls
        expected.insert("id", found.get("id").unwrap().clone());
        expected.insert("date", found.get("date").unwrap().clone());
        assert_eq!(found, expected);
        let empty = RawDocumentBuf::try_from(&doc! {}).unwrap();
        assert_eq!(Document::try_from(&*with_members(&empty, &doc! { "a": 1 }).unwrap()).unwrap(), doc! { "a": 1 });
    }
}
