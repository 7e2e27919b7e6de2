//! Identities of ids: two values have the same identity exactly if the server considers them equal.

use mongodb::bson::oid::ObjectId;
use mongodb::bson::spec::BinarySubtype;
use mongodb::bson::{Bson, Document, RawBsonRef, RawDocumentBuf};

use super::encoding::from_raw;
use super::error::EncodeError;
use super::exact::{Exact, whole};

/// A value in a form that is equal if the server considers the values equal. Numbers are equal by value, also inside
/// documents; all other values by type and value.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Identity {
    Number(i64),
    ObjectId(ObjectId),
    Text(String),
    /// Bytes that are the same for equal values.
    Other(Vec<u8>),
}

pub(crate) fn identity(value: &Bson) -> Identity {
    match value {
        Bson::ObjectId(id) => Identity::ObjectId(*id),
        Bson::Int32(n) => Identity::Number(i64::from(*n)),
        Bson::Int64(n) => Identity::Number(*n),
        Bson::String(text) | Bson::Symbol(text) => Identity::Text(text.clone()),
        Bson::Double(n) => whole(*n).map_or_else(|| of_other(value), Identity::Number),
        other => of_other(other),
    }
}

/// The [`identity`] of a value in a reply. It avoids the conversion to `Bson` if it can.
pub(crate) fn raw_identity(value: RawBsonRef<'_>) -> Result<Identity, EncodeError> {
    Ok(match value {
        RawBsonRef::ObjectId(id) => Identity::ObjectId(id),
        RawBsonRef::Int32(n) => Identity::Number(i64::from(n)),
        RawBsonRef::Int64(n) => Identity::Number(n),
        RawBsonRef::Double(n) => whole(n).map_or_else(|| of_other(&Bson::Double(n)), Identity::Number),
        RawBsonRef::String(text) | RawBsonRef::Symbol(text) => Identity::Text(text.to_owned()),
        RawBsonRef::Binary(binary) => of_binary(binary.subtype, binary.bytes),
        other => of_other(&from_raw(other)?),
    })
}

fn integer(value: &Bson) -> Option<i64> {
    match value {
        Bson::Int32(n) => Some(i64::from(*n)),
        Bson::Int64(n) => Some(*n),
        Bson::Double(n) => whole(*n),
        other => Exact::of(other)?.to_integer(),
    }
}

/// The less common types, in a function of their own so that the common ones stay fast.
#[inline(never)]
fn of_other(value: &Bson) -> Identity {
    if let Some(n) = integer(value) {
        return Identity::Number(n);
    }
    let mut bytes = Vec::new();
    write(value, &mut bytes);
    Identity::Other(bytes)
}

#[inline(never)]
fn of_binary(subtype: BinarySubtype, value: &[u8]) -> Identity {
    let mut bytes = Vec::new();
    write_binary(subtype, value, &mut bytes);
    Identity::Other(bytes)
}

/// The first byte of each encoded value: types that the server distinguishes. What follows has a fixed length or begins
/// with its length.
mod tag {
    pub(super) const INTEGER: u8 = 0;
    pub(super) const NUMBER: u8 = 1;
    pub(super) const TEXT: u8 = 2;
    pub(super) const DOCUMENT: u8 = 3;
    pub(super) const ARRAY: u8 = 4;
    pub(super) const BINARY: u8 = 5;
    pub(super) const OTHER: u8 = 6;
}

fn write(value: &Bson, bytes: &mut Vec<u8>) {
    match value {
        Bson::Int32(_) | Bson::Int64(_) | Bson::Double(_) | Bson::Decimal128(_) => write_number(value, bytes),
        Bson::String(text) | Bson::Symbol(text) => {
            bytes.push(tag::TEXT);
            write_bytes(text.as_bytes(), bytes);
        }
        Bson::Document(document) => {
            bytes.push(tag::DOCUMENT);
            write_count(document.len(), bytes);
            for (name, value) in document {
                write_bytes(name.as_bytes(), bytes);
                write(value, bytes);
            }
        }
        Bson::Array(values) => {
            bytes.push(tag::ARRAY);
            write_count(values.len(), bytes);
            for value in values {
                write(value, bytes);
            }
        }
        Bson::Binary(binary) => write_binary(binary.subtype, &binary.bytes, bytes),
        other => {
            bytes.push(tag::OTHER);
            let mut document = Document::new();
            document.insert("", other.clone());
            write_bytes(RawDocumentBuf::try_from(&document).as_ref().map_or(&[], |raw| raw.as_bytes()), bytes);
        }
    }
}

fn write_number(value: &Bson, bytes: &mut Vec<u8>) {
    if let Some(n) = integer(value) {
        bytes.push(tag::INTEGER);
        bytes.extend(n.to_le_bytes());
    } else if let Some(exact) = Exact::of(value) {
        bytes.push(tag::NUMBER);
        exact.write(bytes);
    }
}

fn write_binary(subtype: BinarySubtype, value: &[u8], bytes: &mut Vec<u8>) {
    bytes.reserve_exact(value.len() + 10);
    bytes.extend([tag::BINARY, subtype.into()]);
    write_bytes(value, bytes);
}

fn write_bytes(value: &[u8], bytes: &mut Vec<u8>) {
    write_count(value.len(), bytes);
    bytes.extend(value);
}

fn write_count(count: usize, bytes: &mut Vec<u8>) {
    bytes.extend(count.to_le_bytes());
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use mongodb::bson::spec::BinarySubtype;
    use mongodb::bson::{Binary, Bson, RawDocumentBuf, doc};

    use super::{identity, raw_identity};

    fn decimal(text: &str) -> Bson {
        Bson::Decimal128(text.parse().unwrap())
    }

    fn binary(subtype: BinarySubtype) -> Bson {
        Bson::Binary(Binary { subtype, bytes: vec![1, 2] })
    }

    #[test]
    fn values_that_the_server_considers_equal_have_one_identity() {
        let classes: Vec<Vec<Bson>> = vec![
            vec![1.into(), 1_i64.into(), 1.0.into(), decimal("1"), decimal("1.00")],
            vec!["1".into(), Bson::Symbol("1".into())],
            vec![1.5.into(), decimal("1.5"), decimal("1.50")],
            vec![0.into(), (-0.0).into(), decimal("-0.0")],
            vec![i64::MAX.into(), decimal("9223372036854775807")],
            vec![2_f64.powi(63).into(), decimal("9223372036854775808")],
            vec![f64::NAN.into(), decimal("NaN")],
            vec![0.1.into()],
            vec![decimal("0.1")],
            vec![
                doc! { "org": 1, "n": [2, { "x": 3 }] }.into(),
                doc! { "org": 1_i64, "n": [2.0, { "x": decimal("3") }] }.into(),
            ],
            vec![doc! { "n": [2, { "x": 3 }], "org": 1 }.into()],
            vec![doc! { "org": 1, "n": [2, { "y": 3 }] }.into()],
            vec![doc! { "org": 1, "n": [2, { "x": 3.5 }] }.into()],
            vec![doc! { "org": "1", "n": [2, { "x": 3 }] }.into()],
            vec![doc! { "a": "b", "c": "" }.into()],
            vec![doc! { "a": "", "b": "c" }.into()],
            vec![doc! {}.into()],
            vec![Bson::Array(vec![])],
            vec![Bson::Array(vec![Bson::Null])],
            vec![Bson::Null],
            vec![true.into()],
            vec![Bson::Boolean(false)],
            vec![binary(BinarySubtype::Generic)],
            vec![binary(BinarySubtype::Uuid)],
            vec![Bson::DateTime(mongodb::bson::DateTime::from_millis(1))],
        ];
        for (a, left) in classes.iter().enumerate() {
            for (b, right) in classes.iter().enumerate() {
                for (x, y) in left.iter().flat_map(|x| right.iter().map(move |y| (x, y))) {
                    assert_eq!(identity(x) == identity(y), a == b, "{x:?} {y:?}");
                }
            }
            for value in left {
                let raw = RawDocumentBuf::try_from(&doc! { "v": value.clone() }).unwrap();
                assert_eq!(raw_identity(raw.get("v").unwrap().unwrap()).unwrap(), identity(value), "{value:?}");
            }
        }
    }
}
