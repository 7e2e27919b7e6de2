//! What is computed of a group of documents, without the types of its model: by the server for each group, and here for
//! groups whose documents come in several replies.

use mongodb::bson::{Bson, Document, RawBsonRef, RawDocument, doc};

use crate::bson::{self, Decimal, Exact, compare, integer};
use crate::field;
use crate::{Error, Result};

/// As what the numbers of a field are stored.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NumberKind {
    Integer,
    Float,
    Decimal,
}

impl NumberKind {
    /// The names of the types that the server may add.
    fn types(self) -> &'static [&'static str] {
        match self {
            Self::Integer => &["int", "long"],
            Self::Float => &["int", "long", "double"],
            Self::Decimal => &["int", "long", "decimal"],
        }
    }

    /// An expression for the number in a field. Of an integer field, an integer: a double counts if it is whole.
    fn number(self, field: &str) -> Bson {
        if self != Self::Integer {
            return field.into();
        }
        doc! { "$convert": { "input": field, "to": "long", "onError": Bson::Null, "onNull": Bson::Null } }.into()
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Integer => "an integer",
            Self::Float => "a number that a float can hold",
            Self::Decimal => "a decimal or an integer",
        }
    }
}

/// A sum.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub enum Amount {
    Integer(i128),
    /// A sum of floats. Of integers, infinity: more digits than a decimal has.
    Float(f64),
    Decimal(DecimalAmount),
}

/// A sum of decimals.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct DecimalAmount(Decimal);

impl Amount {
    fn of(value: RawBsonRef<'_>) -> Option<Self> {
        Some(match value {
            RawBsonRef::Int32(n) => Self::Integer(n.into()),
            RawBsonRef::Int64(n) => Self::Integer(n.into()),
            RawBsonRef::Double(n) => Self::Float(n),
            RawBsonRef::Decimal128(n) => Self::Decimal(DecimalAmount(n.into())),
            _ => return None,
        })
    }

    /// A sum of integers comes as a decimal.
    fn of_kind(self, kind: NumberKind) -> Self {
        match self {
            Self::Decimal(DecimalAmount(n)) if kind == NumberKind::Integer => {
                n.to_integer().map_or(Self::Float(f64::INFINITY), Self::Integer)
            }
            other => other,
        }
    }

    fn plus(self, other: Self) -> Self {
        match (self, other) {
            (Self::Integer(a), Self::Integer(b)) => Self::Integer(a.saturating_add(b)),
            (Self::Decimal(_), other) | (other, Self::Decimal(_)) if !matches!(other, Self::Float(_)) => {
                Self::Decimal(DecimalAmount(self.decimal().plus(other.decimal())))
            }
            (a, b) => Self::Float(a.rounded() + b.rounded()),
        }
    }

    /// As an `i64`, if it is an integer that fits.
    pub(super) fn integer(self) -> Option<i64> {
        match self {
            Self::Integer(n) => n.try_into().ok(),
            _ => None,
        }
    }

    #[allow(
        clippy::unnecessary_wraps,
        reason = "the functions for other types return `None` for a number that doesn't fit"
    )]
    pub(super) fn float(self) -> Option<f64> {
        Some(self.rounded())
    }

    #[allow(clippy::cast_precision_loss, reason = "the nearest float")]
    pub(super) fn rounded(self) -> f64 {
        match self {
            Self::Integer(n) => n as f64,
            Self::Float(n) => n,
            Self::Decimal(_) => f64::NAN,
        }
    }

    pub(super) fn decimal(self) -> Decimal {
        match self {
            Self::Integer(n) => n.into(),
            Self::Decimal(DecimalAmount(n)) => n,
            Self::Float(n) => Decimal::Special(n),
        }
    }
}

/// What is computed of each group of documents.
#[derive(Debug, Clone)]
pub(crate) struct Measure {
    model: &'static str,
    /// The stored name of the field; empty for a count.
    path: String,
    operation: Operation,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operation {
    Count,
    Sum(NumberKind),
    Mean(NumberKind),
    Least,
    Greatest,
}

/// What was computed of some documents. Totals of the same measure can be merged.
#[derive(Debug, Clone)]
pub(crate) enum Total {
    Count(u64),
    /// The sum of the numbers, and how many there are.
    Sum(Amount, u64),
    /// The least or the greatest value.
    Value(Option<Bson>),
}

/// In the reply for a group: the sum or the extreme value, the number of documents or of numbers, and the `_id` of a document
/// whose value isn't a number of the expected kind.
const VALUE: &str = "v";
const NUMBER: &str = "n";
const WRONG: &str = "w";

impl Measure {
    pub(crate) fn count(model: &'static str) -> Self {
        Self { model, path: String::new(), operation: Operation::Count }
    }

    pub(super) fn sum(model: &'static str, path: String, kind: NumberKind) -> Self {
        Self { model, path, operation: Operation::Sum(kind) }
    }

    pub(super) fn mean(model: &'static str, path: String, kind: NumberKind) -> Self {
        Self { model, path, operation: Operation::Mean(kind) }
    }

    pub(super) fn least(model: &'static str, path: String) -> Self {
        Self { model, path, operation: Operation::Least }
    }

    pub(super) fn greatest(model: &'static str, path: String) -> Self {
        Self { model, path, operation: Operation::Greatest }
    }

    /// Whether only the number of documents matters.
    pub(crate) fn is_count(&self) -> bool {
        self.operation == Operation::Count
    }

    /// The field that it reads. `None` for a count.
    pub(crate) fn path(&self) -> Option<&str> {
        (!self.is_count()).then_some(self.path.as_str())
    }

    /// The total of no documents.
    pub(crate) fn none(&self) -> Total {
        match self.operation {
            Operation::Count => Total::Count(0),
            Operation::Sum(_) | Operation::Mean(_) => Total::Sum(Amount::Integer(0), 0),
            Operation::Least | Operation::Greatest => Total::Value(None),
        }
    }

    /// The stage that computes the totals of groups: those of documents with the same `key`, or one for all if that is null.
    /// The documents are in the field `at` of their rows; empty if each row is a document.
    pub(crate) fn group(&self, key: impl Into<Bson>, at: &str) -> Document {
        let dot = if at.is_empty() { "" } else { "." };
        let field = format!("${at}{dot}{}", self.path);
        let mut group = doc! { "_id": key.into() };
        let (number, kind) = match self.operation {
            Operation::Count => {
                group.insert(NUMBER, doc! { "$sum": 1_i64 });
                return doc! { "$group": group };
            }
            Operation::Least | Operation::Greatest => {
                let operator = if self.operation == Operation::Least { "$min" } else { "$max" };
                group.insert(VALUE, doc! { operator: field });
                return doc! { "$group": group };
            }
            Operation::Sum(kind) | Operation::Mean(kind) => (kind.number(&field), kind),
        };
        let missing = ["null", "undefined", "missing"];
        let known: Vec<&str> = kind.types().iter().copied().chain(missing).collect();
        let mut is_known = doc! { "$in": [{ "$type": &field }, known] };
        if kind == NumberKind::Integer {
            is_known = doc! { "$or": [is_known, { "$and": [{ "$isNumber": &field }, { "$eq": [&field, &number] }] }] };
        }
        group.insert(
            VALUE,
            match self.operation {
                // exact up to 34 digits; a sum of longs that overflows becomes a double, or some servers fail
                Operation::Sum(NumberKind::Integer) => doc! { "$sum": { "$toDecimal": number } },
                Operation::Mean(NumberKind::Integer) => doc! { "$sum": { "$toDouble": number } },
                _ => doc! { "$sum": number },
            },
        );
        group.insert(NUMBER, doc! { "$sum": { "$cond": [{ "$isNumber": &field }, 1_i64, 0_i64] } });
        group.insert(WRONG, doc! { "$min": { "$cond": [is_known, Bson::Null, format!("${at}{dot}_id")] } });
        doc! { "$group": group }
    }

    /// The total in the reply for a group.
    pub(crate) fn of_group(&self, group: &RawDocument) -> Result<Total> {
        let value = field::raw_value(group, VALUE)?;
        let number = || -> Result<u64> { Ok(integer(field::raw_value(group, NUMBER)?).map_or(0, i64::unsigned_abs)) };
        Ok(match self.operation {
            Operation::Count => Total::Count(number()?),
            Operation::Least | Operation::Greatest => Total::Value(present(value)?),
            Operation::Sum(kind) | Operation::Mean(kind) => {
                let wrong = field::value(group, WRONG)?;
                match Amount::of(value).map(|amount| amount.of_kind(kind)) {
                    Some(amount) if wrong == Bson::Null => Total::Sum(amount, number()?),
                    _ => return Err(self.decode_error(wrong, not_a_number("value", kind))),
                }
            }
        })
    }

    /// The total of one document.
    pub(crate) fn of_document(&self, document: &RawDocument) -> Result<Total> {
        let value = || field::raw_value(document, &self.path);
        let kind = match self.operation {
            Operation::Count => return Ok(Total::Count(1)),
            Operation::Least | Operation::Greatest => return Ok(Total::Value(present(value()?)?)),
            Operation::Sum(kind) | Operation::Mean(kind) => kind,
        };
        let raw = value()?;
        let Some(stored) = present(raw)? else { return Ok(self.none()) };
        let amount = match (Amount::of(raw), kind) {
            (Some(amount @ Amount::Integer(_)), _)
            | (Some(amount @ Amount::Float(_)), NumberKind::Float)
            | (Some(amount @ Amount::Decimal(_)), NumberKind::Decimal) => Some(amount),
            (_, NumberKind::Integer) => whole(&stored).map(|n| Amount::Integer(n.into())),
            _ => None,
        };
        if let Some(amount) = amount {
            return Ok(Total::Sum(amount, 1));
        }
        let found = format!("{:?}", stored.element_type());
        Err(self.decode_error(field::value(document, "_id")?, not_a_number(&found, kind)))
    }

    /// Adds the total of a further part of a group.
    pub(crate) fn add(&self, to: &mut Total, other: Total) {
        let before = std::mem::replace(to, Total::Value(None));
        *to = self.merge(before, other);
    }

    /// Merges the totals of two parts of a group.
    pub(crate) fn merge(&self, one: Total, other: Total) -> Total {
        match (one, other) {
            (Total::Count(a), Total::Count(b)) => Total::Count(a.saturating_add(b)),
            (Total::Sum(a, n), Total::Sum(b, m)) => Total::Sum(a.plus(b), n.saturating_add(m)),
            (Total::Value(Some(a)), Total::Value(Some(b))) => {
                let direction = if self.operation == Operation::Greatest { -1 } else { 1 };
                let (a, b) = ([a], [b]);
                let [first] = if compare(&doc! { "": direction }, &a, &b).is_le() { a } else { b };
                Total::Value(Some(first))
            }
            (Total::Value(None), other) | (other, _) => other,
        }
    }

    /// The error for a sum that doesn't fit into its type.
    pub(super) fn overflow(&self) -> Error {
        Error::Overflow { model: self.model, field: self.path.clone() }
    }

    /// The error for a stored value that can't be read. The id is null if the document isn't known.
    pub(super) fn decode_error(&self, id: Bson, source: bson::BoxError) -> Error {
        Error::Decode { model: self.model, field: self.path.clone(), id: Box::new(id), source }
    }
}

/// A number of any type as an integer, if it is one.
fn whole(value: &Bson) -> Option<i64> {
    Exact::of(value).and_then(Exact::to_integer)
}

/// A value; `None` for a null.
fn present(value: RawBsonRef<'_>) -> Result<Option<Bson>> {
    match value {
        RawBsonRef::Null | RawBsonRef::Undefined => Ok(None),
        value => bson::from_raw(value).map(Some).map_err(Error::other),
    }
}

/// Why a stored value can't be read.
fn not_a_number(found: &str, kind: NumberKind) -> bson::BoxError {
    format!("a stored {found} is not {}", kind.name()).into()
}
