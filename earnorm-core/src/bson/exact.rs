//! Compares numbers as the server does: by their exact values, whatever their types.

use std::cmp::Reverse;

use mongodb::bson::{Bson, Decimal128};

/// The exact value of a number. The variants are in ascending order. The server sorts NaN first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Exact {
    Nan,
    NegativeInfinity,
    Negative(Reverse<Magnitude>),
    Zero,
    Positive(Magnitude),
    Infinity,
}

/// A number above zero: `digits * 10^exponent`. `digits` always has 34 digits, so that the derived order is that of the
/// numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Magnitude {
    exponent: i32,
    digits: u128,
    /// Further digits that aren't zero follow. Only a double has them, and no two such doubles share their first 34 digits.
    more: bool,
}

/// The largest number of digits in a `Decimal128`.
const PLACES: u32 = 34;
/// The least integer with that many digits.
const LEAST: u128 = 10_u128.pow(PLACES - 1);

impl Exact {
    pub(crate) fn of(value: &Bson) -> Option<Self> {
        match value {
            Bson::Int32(n) => Some(i64::from(*n).into()),
            Bson::Int64(n) => Some((*n).into()),
            Bson::Double(n) => Some((*n).into()),
            Bson::Decimal128(n) => Some((*n).into()),
            _ => None,
        }
    }

    fn new(negative: bool, magnitude: Magnitude) -> Self {
        if negative { Self::Negative(Reverse(magnitude)) } else { Self::Positive(magnitude) }
    }

    /// The number as an integer, if it is one.
    pub(crate) fn to_integer(self) -> Option<i64> {
        let (negative, magnitude) = match self {
            Self::Zero => return Some(0),
            Self::Negative(Reverse(magnitude)) => (true, magnitude),
            Self::Positive(magnitude) => (false, magnitude),
            _ => return None,
        };
        let decimals =
            u32::try_from(-magnitude.exponent).ok().filter(|decimals| *decimals < PLACES && !magnitude.more)?;
        let divisor = 10_u128.pow(decimals);
        let whole = i128::try_from(magnitude.digits / divisor).ok().filter(|_| magnitude.digits % divisor == 0)?;
        i64::try_from(if negative { -whole } else { whole }).ok()
    }

    /// Appends bytes that are equal for equal numbers.
    pub(crate) fn write(self, bytes: &mut Vec<u8>) {
        let (kind, magnitude) = match self {
            Self::Nan => (0, None),
            Self::NegativeInfinity => (1, None),
            Self::Negative(Reverse(magnitude)) => (2, Some(magnitude)),
            Self::Zero => (3, None),
            Self::Positive(magnitude) => (4, Some(magnitude)),
            Self::Infinity => (5, None),
        };
        bytes.push(kind);
        if let Some(magnitude) = magnitude {
            bytes.extend(magnitude.exponent.to_le_bytes());
            bytes.extend(magnitude.digits.to_le_bytes());
            bytes.push(magnitude.more.into());
        }
    }
}

impl Magnitude {
    fn new(mut digits: u128, mut exponent: i32) -> Self {
        while digits < LEAST {
            digits *= 10;
            exponent -= 1;
        }
        Self { exponent, digits, more: false }
    }

    /// The magnitude of a double that is neither zero nor infinite.
    fn of_double(n: f64) -> Option<Self> {
        // exact: no double has more than 767 digits
        let text = format!("{:.766e}", n.abs());
        let (number, exponent) = text.split_once('e')?;
        let (first, further) = number.split_at_checked(PLACES as usize + 1)?;
        Some(Self {
            exponent: exponent.parse::<i32>().ok()? - PLACES.cast_signed() + 1,
            digits: first.replace('.', "").parse().ok()?,
            more: further.bytes().any(|digit| digit != b'0'),
        })
    }
}

impl From<i64> for Exact {
    fn from(n: i64) -> Self {
        if n == 0 { Self::Zero } else { Self::new(n < 0, Magnitude::new(n.unsigned_abs().into(), 0)) }
    }
}

impl From<f64> for Exact {
    fn from(n: f64) -> Self {
        if n.is_infinite() {
            return if n < 0.0 { Self::NegativeInfinity } else { Self::Infinity };
        }
        match whole(n) {
            Some(n) => n.into(),
            None => Magnitude::of_double(n)
                .filter(|_| !n.is_nan())
                .map_or(Self::Nan, |magnitude| Self::new(n < 0.0, magnitude)),
        }
    }
}

impl From<Decimal128> for Exact {
    fn from(n: Decimal128) -> Self {
        let bits = u128::from_le_bytes(n.bytes());
        let (negative, above) = (bits >> 127 == 1, (bits >> 122) & 0x1f);
        match above {
            0x1f => return Self::Nan,
            0x1e if negative => return Self::NegativeInfinity,
            0x1e => return Self::Infinity,
            // more digits than a decimal can have: the standard defines them as zero
            0x18.. => return Self::Zero,
            _ => {}
        }
        let digits = bits & ((1 << 113) - 1);
        if digits == 0 || digits >= LEAST * 10 {
            return Self::Zero;
        }
        let exponent = i32::try_from((bits >> 113) & 0x3fff).unwrap_or_default();
        Self::new(negative, Magnitude::new(digits, exponent - 6176))
    }
}

/// The double as an integer, if it is one.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::float_cmp,
    reason = "only a number that survives the round trip counts as an integer"
)]
pub(crate) fn whole(n: f64) -> Option<i64> {
    let whole = n as i64;
    // 2^63 is cast to `i64::MAX`, which is cast back to 2^63
    (whole as f64 == n && whole != i64::MAX).then_some(whole)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use mongodb::bson::{Bson, Decimal128};

    use super::Exact;

    fn decimal(text: &str) -> Exact {
        text.parse::<Decimal128>().unwrap().into()
    }

    #[test]
    fn numbers_compare_by_value_whatever_their_types() {
        let ascending = [
            vec![decimal("NaN"), f64::NAN.into(), (-f64::NAN).into()],
            vec![decimal("-Infinity"), f64::NEG_INFINITY.into()],
            vec![decimal("-9.999999999999999999999999999999999E6144")],
            vec![f64::MIN.into()],
            vec![decimal("-9223372036854775809")],
            vec![i64::MIN.into(), decimal("-9223372036854775808"), (-2_f64.powi(63)).into()],
            vec![(-1.5).into(), decimal("-1.50")],
            vec![decimal("-1.4")],
            vec![(-5e-324).into()],
            vec![decimal("-1E-6176")],
            vec![0.into(), 0.0.into(), (-0.0).into(), decimal("0"), decimal("-0E+3"), decimal("0.00")],
            vec![decimal("1E-6176")],
            vec![5e-324.into()],
            vec![decimal("0.1"), decimal("0.10")],
            // slightly less than the double 0.1
            vec![decimal("0.1000000000000000055511151231257827")],
            vec![0.1.into()],
            vec![decimal("0.1000000000000000055511151231257828")],
            vec![1.into(), 1.0.into(), decimal("1"), decimal("10E-1"), decimal("1.000000000000000000000000000000000")],
            vec![decimal("1.000000000000000000000000000000001")],
            vec![(1.0 + f64::EPSILON).into()],
            vec![(1_i64 << 53).into(), 2_f64.powi(53).into()],
            vec![((1_i64 << 53) + 1).into()],
            vec![i64::MAX.into(), decimal("9223372036854775807")],
            vec![2_f64.powi(63).into(), decimal("9223372036854775808")],
            vec![1e300.into()],
            vec![decimal("1E+6144")],
            vec![f64::INFINITY.into(), decimal("Infinity")],
        ];
        for (a, left) in ascending.iter().enumerate() {
            for (b, right) in ascending.iter().enumerate() {
                for (x, y) in left.iter().flat_map(|x| right.iter().map(move |y| (x, y))) {
                    assert_eq!(x.cmp(y), a.cmp(&b), "{x:?} {y:?}");
                }
            }
        }
    }

    #[test]
    fn integers_are_recognized() {
        let integer = |value: Bson| Exact::of(&value).and_then(Exact::to_integer);
        for n in [0, 1, -1, 10, 1_000_000, i64::MAX, i64::MIN, i64::MAX - 1] {
            assert_eq!(integer(Bson::Int64(n)), Some(n));
            assert_eq!(decimal(&n.to_string()).to_integer(), Some(n));
        }
        assert_eq!(decimal("1.0E+3").to_integer(), Some(1000));
        assert_eq!(integer(Bson::Double(-0.0)), Some(0));
        for other in ["1.5", "9223372036854775808", "1E+6000", "1E-6000", "NaN", "Infinity"] {
            assert_eq!(decimal(other).to_integer(), None, "{other}");
        }
        assert_eq!(integer(Bson::Double(2_f64.powi(63))), None);
        assert_eq!(integer(Bson::String("1".into())), None);
    }
}
