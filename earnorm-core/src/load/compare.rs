//! The order in which the server sorts values, for results of several commands that are to come in one order.

use std::cmp::Ordering;

use mongodb::bson::{Bson, Document};

/// Compares two documents by the values that they have under the keys of `sort`.
pub(super) fn compare(sort: &Document, a: &[Bson], b: &[Bson]) -> Ordering {
    let directions = sort.values().map(|direction| match direction {
        Bson::Int32(n) => *n < 0,
        Bson::Int64(n) => *n < 0,
        Bson::Double(n) => *n < 0.0,
        _ => false,
    });
    for ((a, b), descending) in a.iter().zip(b).zip(directions) {
        let order = values(a, b);
        let order = if descending { order.reverse() } else { order };
        if order != Ordering::Equal {
            return order;
        }
    }
    Ordering::Equal
}

/// The rank of a type among the types: values of different ones are ordered by it.
fn rank(value: &Bson) -> u8 {
    match value {
        Bson::MinKey => 0,
        Bson::Null | Bson::Undefined => 1,
        Bson::Int32(_) | Bson::Int64(_) | Bson::Double(_) | Bson::Decimal128(_) => 2,
        Bson::String(_) | Bson::Symbol(_) => 3,
        Bson::Document(_) => 4,
        Bson::Array(_) => 5,
        Bson::Binary(_) => 6,
        Bson::ObjectId(_) => 7,
        Bson::Boolean(_) => 8,
        Bson::DateTime(_) => 9,
        Bson::Timestamp(_) => 10,
        Bson::RegularExpression(_) => 11,
        Bson::DbPointer(_) => 12,
        Bson::JavaScriptCode(_) => 13,
        Bson::JavaScriptCodeWithScope(_) => 14,
        Bson::MaxKey => 15,
    }
}

fn values(a: &Bson, b: &Bson) -> Ordering {
    let by_type = rank(a).cmp(&rank(b));
    if by_type != Ordering::Equal {
        return by_type;
    }
    match (a, b) {
        (Bson::String(a) | Bson::Symbol(a), Bson::String(b) | Bson::Symbol(b)) => a.cmp(b),
        (Bson::Boolean(a), Bson::Boolean(b)) => a.cmp(b),
        (Bson::ObjectId(a), Bson::ObjectId(b)) => a.cmp(b),
        (Bson::DateTime(a), Bson::DateTime(b)) => a.cmp(b),
        (Bson::Timestamp(a), Bson::Timestamp(b)) => (a.time, a.increment).cmp(&(b.time, b.increment)),
        (Bson::Binary(a), Bson::Binary(b)) => {
            (a.bytes.len(), u8::from(a.subtype), &a.bytes).cmp(&(b.bytes.len(), u8::from(b.subtype), &b.bytes))
        }
        (Bson::Array(a), Bson::Array(b)) => lists(a.iter(), b.iter()),
        (Bson::Document(a), Bson::Document(b)) => lists(a.values(), b.values()),
        _ => match (integer(a), integer(b)) {
            (Some(a), Some(b)) => a.cmp(&b),
            _ => double(a).total_cmp(&double(b)),
        },
    }
}

fn lists<'a>(a: impl Iterator<Item = &'a Bson>, mut b: impl Iterator<Item = &'a Bson>) -> Ordering {
    for a in a {
        match b.next().map_or(Ordering::Greater, |b| values(a, b)) {
            Ordering::Equal => {}
            order => return order,
        }
    }
    b.next().map_or(Ordering::Equal, |_| Ordering::Less)
}

fn integer(value: &Bson) -> Option<i64> {
    match value {
        Bson::Int32(n) => Some(i64::from(*n)),
        Bson::Int64(n) => Some(*n),
        _ => None,
    }
}

#[allow(clippy::cast_precision_loss, reason = "only beside a double, which isn't exact either")]
fn double(value: &Bson) -> f64 {
    match value {
        Bson::Double(n) => *n,
        Bson::Decimal128(n) => n.to_string().parse().unwrap_or(f64::NAN),
        other => integer(other).unwrap_or(0) as f64,
    }
}
