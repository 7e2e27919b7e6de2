//! Compares values as the server sorts them, to merge the results of several commands.
//!
//! The order is that of [BSON](https://www.mongodb.com/docs/manual/reference/bson-type-comparison-order/).

use std::borrow::Borrow;
use std::cmp::Ordering;

use mongodb::bson::spec::BinarySubtype;
use mongodb::bson::{Binary, Bson, Document, RawDocumentBuf, doc};

use super::exact::Exact;

/// Compares two documents by their sort keys: one value for each field of `sort`.
pub(crate) fn compare<V: Borrow<Bson>>(sort: &Document, a: &[V], b: &[V]) -> Ordering {
    let directions = sort.values().map(|direction| match direction {
        Bson::Int32(n) => *n < 0,
        Bson::Int64(n) => *n < 0,
        Bson::Double(n) => *n < 0.0,
        // a text score: the highest comes first
        Bson::Document(_) => true,
        _ => false,
    });
    for ((a, b), descending) in a.iter().zip(b).zip(directions) {
        let order = values(a.borrow(), b.borrow());
        let order = if descending { order.reverse() } else { order };
        if order != Ordering::Equal {
            return order;
        }
    }
    Ordering::Equal
}

/// Sorts what comes with its sort keys. It has no further type parameter, so it is compiled once for each `T`.
pub(crate) fn sort_by_keys<T>(sort: &Document, found: &mut [(Vec<Bson>, T)]) {
    found.sort_by(|(a, _), (b, _)| compare(sort, a, b));
}

/// The place of a value's type in the order of types.
fn rank(value: &Bson) -> u8 {
    match value {
        Bson::MinKey => 0,
        // the sort key of an empty array
        Bson::Undefined => 1,
        Bson::Null => 2,
        Bson::Int32(_) | Bson::Int64(_) | Bson::Double(_) | Bson::Decimal128(_) => 3,
        Bson::String(_) | Bson::Symbol(_) => 4,
        Bson::Document(_) => 5,
        Bson::Array(_) => 6,
        Bson::Binary(_) => 7,
        Bson::ObjectId(_) => 8,
        Bson::Boolean(_) => 9,
        Bson::DateTime(_) => 10,
        Bson::Timestamp(_) => 11,
        Bson::RegularExpression(_) => 12,
        Bson::DbPointer(_) => 13,
        Bson::JavaScriptCode(_) => 14,
        Bson::JavaScriptCodeWithScope(_) => 15,
        Bson::MaxKey => 16,
    }
}

fn values(a: &Bson, b: &Bson) -> Ordering {
    let by_type = rank(a).cmp(&rank(b));
    if by_type != Ordering::Equal {
        return by_type;
    }
    match (a, b) {
        (Bson::String(a) | Bson::Symbol(a), Bson::String(b) | Bson::Symbol(b))
        | (Bson::JavaScriptCode(a), Bson::JavaScriptCode(b)) => a.cmp(b),
        (Bson::Boolean(a), Bson::Boolean(b)) => a.cmp(b),
        (Bson::ObjectId(a), Bson::ObjectId(b)) => a.cmp(b),
        (Bson::DateTime(a), Bson::DateTime(b)) => a.cmp(b),
        (Bson::Timestamp(a), Bson::Timestamp(b)) => (a.time, a.increment).cmp(&(b.time, b.increment)),
        (Bson::Binary(a), Bson::Binary(b)) => binary(a).cmp(&binary(b)),
        (Bson::RegularExpression(a), Bson::RegularExpression(b)) => {
            (a.pattern.as_str(), a.options.as_str()).cmp(&(b.pattern.as_str(), b.options.as_str()))
        }
        (Bson::JavaScriptCodeWithScope(a), Bson::JavaScriptCodeWithScope(b)) => {
            a.code.cmp(&b.code).then_with(|| documents(&a.scope, &b.scope))
        }
        (Bson::Array(a), Bson::Array(b)) => lists(a.iter(), b.iter(), values),
        (Bson::Document(a), Bson::Document(b)) => documents(a, b),
        (Bson::DbPointer(_), Bson::DbPointer(_)) => pointer(a).cmp(&pointer(b)),
        (Bson::Int32(a), Bson::Int32(b)) => a.cmp(b),
        (Bson::Int64(a), Bson::Int64(b)) => a.cmp(b),
        _ => double(a)
            .zip(double(b))
            .and_then(|(a, b)| a.partial_cmp(&b))
            .unwrap_or_else(|| Exact::of(a).cmp(&Exact::of(b))),
    }
}

/// The number as a double, which is faster to compare. `None` if a double can't represent it exactly.
#[allow(clippy::cast_precision_loss, reason = "a double represents every integer up to 2^53")]
fn double(value: &Bson) -> Option<f64> {
    match value {
        Bson::Double(n) => Some(*n),
        Bson::Int32(n) => Some(f64::from(*n)),
        Bson::Int64(n) => (n.unsigned_abs() <= 1 << 53).then_some(*n as f64),
        _ => None,
    }
}

/// Compares documents field by field: by type, then name, then value.
fn documents(a: &Document, b: &Document) -> Ordering {
    lists(a.iter(), b.iter(), |a, b| (rank(a.1), a.0).cmp(&(rank(b.1), b.0)).then_with(|| values(a.1, b.1)))
}

/// Compares lists item by item. If one is a prefix of the other, the shorter one is less.
fn lists<T>(a: impl Iterator<Item = T>, mut b: impl Iterator<Item = T>, by: impl Fn(T, T) -> Ordering) -> Ordering {
    for a in a {
        match b.next().map_or(Ordering::Greater, |b| by(a, b)) {
            Ordering::Equal => {}
            order => return order,
        }
    }
    b.next().map_or(Ordering::Equal, |_| Ordering::Less)
}

fn binary(value: &Binary) -> (usize, u8, &[u8]) {
    // the data of this subtype begins with a second length of 4 bytes
    let more = if value.subtype == BinarySubtype::BinaryOld { 4 } else { 0 };
    (value.bytes.len() + more, value.subtype.into(), &value.bytes)
}

/// A pointer as its encoded bytes, because the driver doesn't expose its parts.
fn pointer(value: &Bson) -> (usize, Vec<u8>) {
    let bytes = RawDocumentBuf::try_from(&doc! { "": value }).map_or_else(|_| Vec::new(), RawDocumentBuf::into_bytes);
    (bytes.len(), bytes)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::cmp::Ordering;

    use mongodb::bson::oid::ObjectId;
    use mongodb::bson::spec::BinarySubtype;
    use mongodb::bson::{Binary, Bson, DateTime, JavaScriptCodeWithScope, Timestamp, doc};

    use super::{compare, values};

    fn decimal(text: &str) -> Bson {
        Bson::Decimal128(text.parse().unwrap())
    }

    fn binary(subtype: BinarySubtype, bytes: &[u8]) -> Bson {
        Bson::Binary(Binary { subtype, bytes: bytes.to_vec() })
    }

    fn code(code: &str, scope: mongodb::bson::Document) -> Bson {
        Bson::JavaScriptCodeWithScope(JavaScriptCodeWithScope { code: code.into(), scope })
    }

    #[test]
    fn values_compare_in_bson_order() {
        let ascending: Vec<Vec<Bson>> = vec![
            vec![Bson::MinKey],
            vec![Bson::Undefined],
            vec![Bson::Null],
            vec![f64::NAN.into(), decimal("NaN")],
            vec![f64::NEG_INFINITY.into(), decimal("-Infinity")],
            vec![(-1).into(), (-1_i64).into()],
            vec![0.0.into(), (-0.0).into(), 0.into(), decimal("-0")],
            vec![1.into(), 1.0.into(), decimal("1.0")],
            vec![decimal("1.1")],
            vec![1.1.into()],
            vec![decimal("1.2")],
            vec![(1_i64 << 53).into(), 2_f64.powi(53).into()],
            vec![((1_i64 << 53) + 1).into()],
            vec![i64::MAX.into()],
            vec![2_f64.powi(63).into()],
            vec!["".into()],
            vec!["Z".into()],
            vec!["a".into(), Bson::Symbol("a".into())],
            vec!["é".into()],
            vec!["\u{ffff}".into()],
            vec!["\u{10000}".into()],
            vec![doc! {}.into()],
            vec![doc! { "b": 0 }.into()],
            vec![doc! { "b": 1 }.into(), doc! { "b": 1_i64 }.into()],
            vec![doc! { "b": 1, "a": 0 }.into()],
            vec![doc! { "c": 0 }.into()],
            vec![doc! { "a": "s" }.into()],
            vec![Bson::Array(vec![])],
            vec![Bson::Array(vec![1.into(), 9.into()])],
            vec![Bson::Array(vec![2.into()])],
            vec![binary(BinarySubtype::Uuid, &[])],
            vec![binary(BinarySubtype::Generic, &[9])],
            vec![binary(BinarySubtype::Generic, &[1, 2])],
            vec![binary(BinarySubtype::Generic, &[1, 3])],
            vec![binary(BinarySubtype::Uuid, &[1, 2])],
            vec![Bson::ObjectId(ObjectId::from_bytes([1; 12]))],
            vec![Bson::ObjectId(ObjectId::from_bytes([200; 12]))],
            vec![false.into()],
            vec![true.into()],
            vec![Bson::DateTime(DateTime::from_millis(-5))],
            vec![Bson::DateTime(DateTime::from_millis(5))],
            vec![Bson::Timestamp(Timestamp { time: 1, increment: 9 })],
            vec![Bson::Timestamp(Timestamp { time: u32::MAX, increment: 1 })],
            vec![Bson::JavaScriptCode("a".into())],
            vec![Bson::JavaScriptCode("b".into())],
            vec![code("a", doc! { "x": 2 })],
            vec![code("b", doc! { "x": 1 })],
            vec![code("b", doc! { "x": 2 })],
            vec![Bson::MaxKey],
        ];
        for (a, left) in ascending.iter().enumerate() {
            for (b, right) in ascending.iter().enumerate() {
                for (x, y) in left.iter().flat_map(|x| right.iter().map(move |y| (x, y))) {
                    assert_eq!(values(x, y), a.cmp(&b), "{x:?} {y:?}");
                }
            }
        }
    }

    #[test]
    fn the_first_different_sort_key_decides() {
        let sort = doc! { "a": 1, "b": -1 };
        let order = |a: [i32; 2], b: [i32; 2]| compare(&sort, &a.map(Bson::from), &b.map(Bson::from));
        assert_eq!(order([1, 1], [2, 2]), Ordering::Less);
        assert_eq!(order([1, 1], [1, 2]), Ordering::Greater);
        assert_eq!(order([1, 1], [1, 1]), Ordering::Equal);
    }
}
