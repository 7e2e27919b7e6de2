//! The fields that can be aggregated.

use mongodb::bson::oid::ObjectId;
use mongodb::bson::{Bson, DateTime, Decimal128, Timestamp, Uuid};
use serde::de::DeserializeOwned;

use super::measure::{Amount, NumberKind};
use crate::bson::{self, EncodeError};
use crate::embedded::{Single, TypedPath};
use crate::field::Decoder;
use crate::{Field, Id};

/// A field of `M` that can be aggregated: `Post::LIKES`, or a path to a field of an embedded document,
/// `Order::BILLING.at(Party::AGE)`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a field of `{M}` that can be aggregated",
    label = "not a field of `{M}` with a single value",
    note = "write a field constant of `{M}`, such as `Post::LIKES`, or a path to a field of its embedded documents that leads through no array"
)]
pub trait AggregateField<M> {
    /// The type of the field.
    type Value;
    #[doc(hidden)]
    fn into_column(self) -> Column<Self::Value>;
}

/// A field without the type of its model.
#[doc(hidden)]
pub struct Column<T> {
    pub(crate) path: String,
    decode: Option<Decoder<T>>,
    pub(crate) error: Option<EncodeError>,
}

impl<T: DeserializeOwned> Column<T> {
    /// The function that reads a stored value of the field.
    pub(crate) fn decoder(&self) -> Decoder<T> {
        self.decode.unwrap_or(bson::decode::<T>)
    }
}

#[diagnostic::do_not_recommend]
impl<M, T> AggregateField<M> for Field<M, T> {
    type Value = T;

    fn into_column(self) -> Column<T> {
        Column { path: self.name().to_owned(), decode: self.decoder(), error: None }
    }
}

#[diagnostic::do_not_recommend]
impl<M, T> AggregateField<M> for TypedPath<M, T, Single> {
    type Value = T;

    fn into_column(self) -> Column<T> {
        let decode = self.decoder();
        Column { path: self.name, decode, error: self.error }
    }
}

/// A type whose values the server can compare, for `min` and `max`: numbers, strings, dates, ids, booleans, and `Option`s of
/// them.
///
/// Implement it for your own type. The server compares the stored values: numbers by value, strings by their bytes (or by the
/// collation of the query), an enum without data by the names of its variants.
///
/// ```
/// use earnorm::Comparable;
/// use earnorm::prelude::*;
///
/// #[derive(Serialize, Deserialize)]
/// struct Cents(i64);
///
/// impl Comparable for Cents {
///     type Value = Self;
///
///     fn into_value(self) -> Option<Self> {
///         Some(self)
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`min` and `max` can't compare values of the type `{Self}`",
    label = "the field's type has no `Comparable`",
    note = "for your own type, implement `earnorm::Comparable`; for another one, read the first document in an order: `.order_by(Post::CREATED.asc()).first(&db)`"
)]
pub trait Comparable {
    /// The type without an `Option`.
    type Value;

    /// The value; `None` for the `None` of an `Option`.
    fn into_value(self) -> Option<Self::Value>;
}

#[diagnostic::do_not_recommend]
impl<T: Comparable> Comparable for Option<T> {
    type Value = T::Value;

    fn into_value(self) -> Option<T::Value> {
        self.and_then(T::into_value)
    }
}

macro_rules! comparable {
    ($($value:ty)*) => { $(
        #[diagnostic::do_not_recommend]
        impl Comparable for $value {
            type Value = Self;

            fn into_value(self) -> Option<Self> {
                Some(self)
            }
        }
    )* };
}
comparable! {
    i8 i16 i32 i64 isize u8 u16 u32 u64 usize f32 f64 Decimal128 bool char String
    DateTime Timestamp ObjectId Uuid Bson std::time::SystemTime
    std::num::NonZeroI8 std::num::NonZeroI16 std::num::NonZeroI32 std::num::NonZeroI64 std::num::NonZeroIsize
    std::num::NonZeroU8 std::num::NonZeroU16 std::num::NonZeroU32 std::num::NonZeroU64 std::num::NonZeroUsize
}

#[diagnostic::do_not_recommend]
impl<M> Comparable for Id<M> {
    type Value = Self;

    fn into_value(self) -> Option<Self> {
        Some(self)
    }
}

/// A number as which a field is stored: an integer, a float or a [`Decimal128`].
#[diagnostic::on_unimplemented(
    message = "values of the type `{Self}` have no sum",
    label = "its type isn't known to be a number",
    note = "`sum` and `avg` work on integers, floats, `Decimal128` and `Option`s of them"
)]
pub trait Summable {
    /// The type of the sum: `i64` for all integers, `f64` for floats.
    type Sum: Send + 'static;
    /// The type of the average: `f64` for integers and floats.
    type Mean: Send + 'static;
    #[doc(hidden)]
    const KIND: NumberKind;
    #[doc(hidden)]
    fn sum(amount: Amount) -> Option<Self::Sum>;
    #[doc(hidden)]
    fn mean(amount: Amount, n: u64) -> Self::Mean;
}

macro_rules! summable {
    ($kind:ident, $sum:ty, $of:ident: $($number:ty)*) => { $(
        #[diagnostic::do_not_recommend]
        impl Summable for $number {
            type Sum = $sum;
            type Mean = f64;
            const KIND: NumberKind = NumberKind::$kind;

            fn sum(amount: Amount) -> Option<$sum> {
                amount.$of()
            }

            #[allow(clippy::cast_precision_loss, reason = "an average is rounded")]
            fn mean(amount: Amount, n: u64) -> f64 {
                amount.rounded() / n as f64
            }
        }
    )* };
}
summable! { Integer, i64, integer: i8 i16 i32 i64 isize u8 u16 u32 u64 usize }
summable! { Float, f64, float: f32 f64 }

#[diagnostic::do_not_recommend]
impl Summable for Decimal128 {
    type Sum = Self;
    type Mean = Self;
    const KIND: NumberKind = NumberKind::Decimal;

    fn sum(amount: Amount) -> Option<Self> {
        Some(amount.decimal().into())
    }

    fn mean(amount: Amount, n: u64) -> Self {
        amount.decimal().divided_by(n).into()
    }
}
