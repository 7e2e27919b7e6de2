//! Sums and quotients of decimals, for totals of several replies.

use mongodb::bson::Decimal128;

/// A decimal with more digits than a [`Decimal128`] has, so that only the last step of a computation rounds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Decimal {
    /// `digits * 10^exponent`, with at most [`DIGITS`] digits.
    Finite { digits: i128, exponent: i32 },
    /// Infinite or not a number; a float has the same rules for these.
    Special(f64),
}

/// The largest number of digits in a computation. The sum of two such numbers fits into an `i128`.
const DIGITS: u32 = 37;
/// The largest number of digits in a `Decimal128`.
const PLACES: u32 = 34;
/// The exponent 0 as a `Decimal128` stores it, and the greatest stored exponent.
const BIAS: i32 = 6176;
const GREATEST: i32 = 12_287;

impl From<i128> for Decimal {
    fn from(digits: i128) -> Self {
        Self::rounded(digits, 0, DIGITS)
    }
}

impl From<Decimal128> for Decimal {
    fn from(n: Decimal128) -> Self {
        let bits = u128::from_le_bytes(n.bytes());
        let (negative, above) = (bits >> 127 == 1, (bits >> 122) & 0x1f);
        match above {
            0x1f => return Self::Special(f64::NAN),
            0x1e => return Self::Special(if negative { f64::NEG_INFINITY } else { f64::INFINITY }),
            // more digits than a decimal can have: the standard defines them as zero
            0x18.. => return Self::from(0),
            _ => {}
        }
        let digits = i128::try_from(bits & ((1 << 113) - 1)).unwrap_or_default();
        if digits >= 10_i128.pow(PLACES) {
            return Self::from(0);
        }
        let exponent = i32::try_from((bits >> 113) & 0x3fff).unwrap_or_default() - BIAS;
        Self::Finite { digits: if negative { -digits } else { digits }, exponent }
    }
}

impl From<Decimal> for Decimal128 {
    fn from(n: Decimal) -> Self {
        let (negative, above) = match n {
            Decimal::Finite { digits, exponent } => return of_parts(digits, exponent),
            Decimal::Special(n) if n.is_nan() => (false, 0x1f),
            Decimal::Special(n) => (n < 0.0, 0x1e),
        };
        Self::from_bytes(((u128::from(negative) << 127) | (above << 122)).to_le_bytes())
    }
}

fn of_parts(digits: i128, exponent: i32) -> Decimal128 {
    let Decimal::Finite { mut digits, mut exponent } = Decimal::rounded(digits, exponent, PLACES) else {
        return Decimal::Special(f64::NAN).into();
    };
    if exponent < -BIAS {
        digits = divided(digits, (-BIAS).saturating_sub(exponent).unsigned_abs());
        exponent = -BIAS;
    }
    while exponent > GREATEST - BIAS && digits != 0 && digits.unsigned_abs() < 10_u128.pow(PLACES - 1) {
        digits *= 10;
        exponent -= 1;
    }
    if exponent > GREATEST - BIAS {
        if digits != 0 {
            return Decimal::Special(if digits < 0 { f64::NEG_INFINITY } else { f64::INFINITY }).into();
        }
        exponent = GREATEST - BIAS;
    }
    let stored = u128::from((exponent + BIAS).unsigned_abs());
    Decimal128::from_bytes(((u128::from(digits < 0) << 127) | (stored << 113) | digits.unsigned_abs()).to_le_bytes())
}

/// `digits / 10^places`, rounded to the nearest number, and to the even one of two.
fn divided(digits: i128, places: u32) -> i128 {
    10_i128.checked_pow(places).map_or(0, |divisor| quotient(digits, divisor))
}

/// A quotient, rounded to the nearest number, and to the even one of two. The divisor is above zero.
fn quotient(digits: i128, divisor: i128) -> i128 {
    let (whole, rest) = (digits / divisor, (digits % divisor).abs());
    let up = match rest.cmp(&(divisor - rest)) {
        std::cmp::Ordering::Less => false,
        std::cmp::Ordering::Equal => whole % 2 != 0,
        std::cmp::Ordering::Greater => true,
    };
    if up { whole + digits.signum() } else { whole }
}

impl Decimal {
    fn rounded(digits: i128, exponent: i32, most: u32) -> Self {
        let (mut rounded, mut places) = (digits, 0);
        while rounded.unsigned_abs() >= 10_u128.pow(most) {
            places += 1;
            rounded = divided(digits, places);
        }
        Self::Finite { digits: rounded, exponent: exponent.saturating_add(places.cast_signed()) }
    }

    /// The number as an integer, if it is one of at most 37 digits.
    pub(crate) fn to_integer(self) -> Option<i128> {
        let Self::Finite { digits, exponent } = self else { return None };
        if digits == 0 {
            return Some(0);
        }
        let power = 10_i128.checked_pow(exponent.unsigned_abs())?;
        if exponent < 0 { (digits % power == 0).then(|| digits / power) } else { digits.checked_mul(power) }
    }

    pub(crate) fn plus(self, other: Self) -> Self {
        let (mut a, mut b, e, f) = match (self, other) {
            (Self::Special(a), Self::Special(b)) => return Self::Special(a + b),
            (Self::Special(a), _) | (_, Self::Special(a)) => return Self::Special(a),
            (Self::Finite { digits: a, exponent: e }, Self::Finite { digits: b, exponent: f }) => (a, b, e, f),
        };
        let (mut high, low) = (e.max(f), e.min(f));
        if e < f {
            std::mem::swap(&mut a, &mut b);
        }
        if a == 0 {
            return Self::Finite { digits: b, exponent: low };
        }
        while high > low && a.unsigned_abs() < 10_u128.pow(DIGITS - 1) {
            a *= 10;
            high -= 1;
        }
        Self::rounded(a + divided(b, (high - low).unsigned_abs()), high, DIGITS)
    }

    pub(crate) fn divided_by(self, n: u64) -> Self {
        let Self::Finite { mut digits, exponent } = self else { return self };
        let (divisor, mut low) = (i128::from(n.max(1)), exponent);
        while digits != 0 && digits.unsigned_abs() < 10_u128.pow(DIGITS - 1) && digits % divisor != 0 {
            digits *= 10;
            low -= 1;
        }
        Self::Finite { digits: quotient(digits, divisor), exponent: low }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use mongodb::bson::Decimal128;

    use super::Decimal;

    fn decimal(text: &str) -> Decimal {
        text.parse::<Decimal128>().unwrap().into()
    }

    fn sum(of: &[&str]) -> String {
        let sum = of.iter().map(|text| decimal(text)).reduce(Decimal::plus).unwrap();
        Decimal128::from(sum).to_string()
    }

    #[test]
    fn sums_keep_all_digits_that_fit() {
        assert_eq!(sum(&["1.50", "2.5"]), "4.00");
        assert_eq!(sum(&["0.1", "0.2", "-0.3"]), "0.0");
        assert_eq!(sum(&["9999999999999999999999999999999999", "1"]), "1.000000000000000000000000000000000E+34");
        assert_eq!(sum(&["1E+40", "1"]), "1.000000000000000000000000000000000E+40");
        assert_eq!(sum(&["1E+40", "1", "-1E+40"]), "0E+4");
        assert_eq!(sum(&["Infinity", "1"]), "Infinity");
        assert_eq!(sum(&["Infinity", "-Infinity"]), "NaN");
        assert_eq!(sum(&["9E+6144", "9E+6144"]), "Infinity");
    }

    #[test]
    fn integers_are_recognized() {
        let integer = |text| decimal(text).to_integer();
        assert_eq!(integer("9223372036854775808.00"), Some(i128::from(i64::MAX) + 1));
        assert_eq!(integer("-12E+3"), Some(-12_000));
        assert_eq!(integer("0E-100"), Some(0));
        assert_eq!(integer("1.5"), None);
        assert_eq!(integer("1E+6000"), None);
        assert_eq!(integer("NaN"), None);
    }

    #[test]
    fn quotients_are_exact_or_rounded() {
        let quotient = |text, n| Decimal128::from(decimal(text).divided_by(n)).to_string();
        assert_eq!(quotient("5", 2), "2.5");
        assert_eq!(quotient("6.00", 3), "2.00");
        assert_eq!(quotient("1", 3), "0.3333333333333333333333333333333333");
        assert_eq!(quotient("2", 3), "0.6666666666666666666666666666666667");
        assert_eq!(quotient("-7", 4), "-1.75");
    }
}
