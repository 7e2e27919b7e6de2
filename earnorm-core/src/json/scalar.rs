//! The strings that stand for values of BSON.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mongodb::bson::{Bson, DateTime, Decimal128, Uuid};

/// The dates that RFC 3339 can express, in milliseconds: from the year 0 to the year 9999.
const EXPRESSIBLE: std::ops::RangeInclusive<i64> = -62_167_219_200_000..=253_402_300_799_999;

/// The subtype of a UUID, in hexadecimal digits.
const UUID: &str = "04";

/// The names of the structs with which `bson` serializes the types that become strings.
const TYPES: [&str; 4] = ["$oid", "$date", "$numberDecimal", "$binary"];

/// Whether a struct of this name may become a string.
pub(super) fn is_string(name: &str) -> bool {
    TYPES.contains(&name)
}

/// The string for a value: its type, as one of [`TYPES`], and the content of its Extended JSON. `None` if the value has no
/// form as a string.
pub(super) fn to_text(name: &str, content: &Bson) -> Option<String> {
    match (name, content) {
        ("$oid" | "$numberDecimal", Bson::String(text)) => Some(text.clone()),
        ("$date", Bson::Document(date)) => date_to_text(date.get_str("$numberLong").ok()?.parse().ok()?),
        ("$binary", Bson::Document(binary)) if binary.get_str("subType").is_ok_and(|subtype| subtype == UUID) => {
            let bytes = STANDARD.decode(binary.get_str("base64").ok()?).ok()?;
            Some(Uuid::from_bytes(bytes.try_into().ok()?).to_string())
        }
        _ => None,
    }
}

/// The date in RFC 3339, with milliseconds. `None` if its year has more than four digits.
fn date_to_text(millis: i64) -> Option<String> {
    if !EXPRESSIBLE.contains(&millis) {
        return None;
    }
    let mut text = DateTime::from_millis(millis).try_to_rfc3339_string().ok()?;
    // the driver omits zeros at the end
    let fraction = text.strip_suffix('Z')?.split_once('.').map_or(0, |(_, digits)| digits.len());
    text.pop();
    if fraction == 0 {
        text.push('.');
    }
    text.extend(std::iter::repeat_n('0', 3_usize.checked_sub(fraction)?));
    text.push('Z');
    Some(text)
}

/// The Base64 of bytes.
pub(super) fn bytes_to_text(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// The bytes that a Base64 encodes.
pub(super) fn text_to_bytes(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

/// What a string may stand for.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Meaning {
    /// Milliseconds.
    Date(i64),
    Decimal(String),
    Uuid(String),
    Bytes(Vec<u8>),
}

/// All that a string may stand for. The type of the field decides which one is meant.
pub(super) fn meanings(text: &str) -> impl Iterator<Item = Meaning> + '_ {
    let date = move || Some(Meaning::Date(DateTime::parse_rfc3339_str(text).ok()?.timestamp_millis()));
    let decimal = move || text.parse::<Decimal128>().ok().map(|_| Meaning::Decimal(text.to_owned()));
    let uuid = move || Uuid::parse_str(text).ok().map(|uuid| Meaning::Uuid(uuid.to_string()));
    let bytes = move || text_to_bytes(text).map(Meaning::Bytes);
    std::iter::once_with(date)
        .chain(std::iter::once_with(decimal))
        .chain(std::iter::once_with(uuid))
        .chain(std::iter::once_with(bytes))
        .flatten()
}

/// The error for a string that has no form of its field's type. `error` is what the type says about it.
pub(super) fn explain(error: &str, text: &str) -> Option<String> {
    let (name, expected) = match error {
        error if error.starts_with("expecting DateTime") => {
            ("date", "expected RFC 3339, such as \"2024-01-31T09:30:00Z\"")
        }
        error if error.starts_with("expecting Decimal128") => ("Decimal128", "expected a number as a string"),
        error if error.starts_with("expecting Binary") => ("Binary", "expected Base64 or a UUID"),
        _ => return None,
    };
    Some(format!("invalid {name} {}; {expected}", quoted(text)))
}

/// The error for a string that isn't an id.
pub(super) fn invalid_id(text: &str) -> String {
    format!("invalid ObjectId {}; expected 24 hexadecimal digits", quoted(text))
}

/// The text in quotes. A client can send any, so it is cut.
fn quoted(text: &str) -> String {
    const MOST: usize = 40;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{:?}..", &text[..end]),
        None => format!("{text:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::{date_to_text, meanings, quoted};

    #[test]
    fn dates_have_milliseconds_and_years_of_four_digits() {
        let text = |millis| date_to_text(millis).unwrap_or_default();
        assert_eq!(text(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(text(-1), "1969-12-31T23:59:59.999Z");
        assert_eq!(text(1_706_693_400_120), "2024-01-31T09:30:00.120Z");
        assert_eq!(text(-62_167_219_200_000), "0000-01-01T00:00:00.000Z");
        assert_eq!(text(253_402_300_799_999), "9999-12-31T23:59:59.999Z");
        for outside in [-62_167_219_200_001, 253_402_300_800_000, i64::MIN, i64::MAX] {
            assert_eq!(date_to_text(outside), None);
        }
    }

    #[test]
    fn a_string_has_each_meaning_that_it_could_have() {
        assert_eq!(meanings("2024-01-31T09:30:00Z").count(), 1);
        assert_eq!(meanings("1234").count(), 2);
        assert_eq!(meanings("936da01f-9abd-4d9d-80c7-02af85c822a8").count(), 1);
        assert_eq!(meanings("some text").count(), 0);
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        assert_eq!(quoted("a\"b"), r#""a\"b""#);
        assert_eq!(quoted(&"é".repeat(1_000)), format!("\"{}\"..", "é".repeat(40)));
    }
}
