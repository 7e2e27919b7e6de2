//! Which fields are numbers, and by what each can be incremented.

use mongodb::bson::{Bson, Decimal128};

/// A type that is stored as a number: integers, floats, [`Decimal128`], [`Bson`], and `Option`s of them.
///
/// Implement it for your own type, with the number as which it is stored:
///
/// ```
/// use earnorm::prelude::*;
/// use earnorm::Numeric;
///
/// #[derive(Serialize, Deserialize)]
/// struct Cents(i64);
///
/// impl Numeric for Cents {
///     type Number = i64;
/// }
///
/// #[derive(Serialize, Deserialize, Model)]
/// struct Account {
///     #[serde(rename = "_id")]
///     id: ObjectId,
///     balance: Cents,
/// }
///
/// let update = Account::BALANCE.inc(100);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a number",
    label = "only a field that is stored as a number has this",
    note = "`inc` and `mul` work on integers, floats, `Decimal128` and `Option`s of them; for your own type that is stored as a number, implement `Numeric` or write a document: `doc! {{ \"$inc\": {{ \"likes\": 1 }} }}`"
)]
pub trait Numeric {
    /// The type as which the number is stored, without an `Option`.
    type Number;
    /// Whether the field can be null.
    #[doc(hidden)]
    const NULLABLE: bool = false;
}

#[diagnostic::do_not_recommend]
impl<T: Numeric> Numeric for Option<T> {
    type Number = T::Number;
    const NULLABLE: bool = true;
}

/// A number by which a field of type `T` can be incremented or multiplied. For an integer field, any integer type; for
/// a float field, any integer or float type.
#[diagnostic::on_unimplemented(
    message = "a field of type `{T}` can't be incremented or multiplied by a `{Self}`",
    label = "not a number for a field of type `{T}`",
    note = "an integer field takes integers, a float field takes integers and floats"
)]
pub trait Number<T = Bson> {
    #[doc(hidden)]
    fn into_number(self) -> Bson;
}

macro_rules! numeric {
    ($($number:ty)*) => { $(
        #[diagnostic::do_not_recommend]
        impl Numeric for $number {
            type Number = $number;
        }
    )* };
}
numeric! { i8 i16 i32 i64 isize u8 u16 u32 u64 usize f32 f64 Decimal128 Bson }

macro_rules! nonzero {
    ($($number:ident is $plain:ty,)*) => { $(
        #[diagnostic::do_not_recommend]
        impl Numeric for std::num::$number {
            type Number = $plain;
        }
    )* };
}
nonzero! {
    NonZeroI8 is i8, NonZeroI16 is i16, NonZeroI32 is i32, NonZeroI64 is i64, NonZeroIsize is isize,
    NonZeroU8 is u8, NonZeroU16 is u16, NonZeroU32 is u32, NonZeroU64 is u64, NonZeroUsize is usize,
}

macro_rules! numbers {
    ($($number:ty as $wide:ty: $($of:ident)*,)*) => { $( $(
        #[diagnostic::do_not_recommend]
        impl Number<$of> for $number {
            fn into_number(self) -> Bson {
                Bson::from(<$wide>::from(self))
            }
        }
    )* )* };
}
numbers! {
    f32 as f64: f32 f64 Decimal128 Bson,
    f64 as f64: f32 f64 Decimal128 Bson,
    Decimal128 as Decimal128: Decimal128 Bson,
}

macro_rules! integers {
    ($($number:ty as $wide:ty,)*) => { $(
        #[diagnostic::do_not_recommend]
        impl<T> Number<T> for $number {
            fn into_number(self) -> Bson {
                Bson::from(<$wide>::from(self))
            }
        }
    )* };
}
integers! { i8 as i32, i16 as i32, i32 as i32, i64 as i64, u8 as i32, u16 as i32, u32 as i64, }
