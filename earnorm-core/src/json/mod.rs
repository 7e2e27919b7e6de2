//! JSON for the web: ids as hexadecimal digits and dates in RFC 3339, both ways.

mod bytes;
mod deserialize;
mod meant;
mod scalar;
mod serialize;
#[cfg(test)]
mod tests;

use serde::{Deserializer, Serialize, Serializer};

use self::deserialize::read;
use self::serialize::Web;

/// A value as JSON for the web: ids are hexadecimal digits, dates have the form of RFC 3339.
///
/// The types of BSON serialize to JSON as [Extended JSON], `{"$oid": "65.."}` and `{"$date": ..}`. Wrap a value in `Json`
/// to send plain strings instead. It works at any depth and for any value: documents, views, [`Loaded`](crate::Loaded)
/// graphs, trees, maps whose keys are ids, and `Bson` itself. No copy of the value is made.
///
/// | type | JSON |
/// |---|---|
/// | `ObjectId`, [`Id`](crate::Id) | 24 hexadecimal digits: `"65b9c2f04b3a8a0012345678"` |
/// | `DateTime` | UTC with milliseconds: `"2024-01-31T09:30:00.000Z"` |
/// | `Decimal128` | its digits: `"19.90"` |
/// | `Uuid`, and `Binary` with a UUID | `"936da01f-9abd-4d9d-80c7-02af85c822a8"` |
/// | `Binary` of the generic subtype, and everything that serializes as bytes | Base64: `"AQID"` |
/// | `i32`, `i64`, `f64` and other numbers | numbers |
/// | all others: `Timestamp`, `Regex`, code, `MinKey`, binary values of other subtypes | Extended JSON, `{"$timestamp": {"t": 1, "i": 2}}` |
///
/// RFC 3339 has only the years 0 to 9999. A date in another year is Extended JSON, `{"$date": {"$numberLong":
/// "-99999999999999"}}`, which [`json::Deserialize`](Deserialize) also reads. JavaScript rounds numbers above 2^53: store
/// ids of such a size as text.
///
/// No commands are sent. It fails only if the value or the serializer fails.
///
/// ```
/// use earnorm::prelude::*;
/// use mongodb::bson::DateTime;
///
/// #[derive(Serialize, Deserialize, Model)]
/// struct Post {
///     #[serde(rename = "_id")]
///     id: Id<Post>,
///     title: String,
///     written: DateTime,
/// }
///
/// let post = Post {
///     id: "65b9c2f04b3a8a0012345678".parse()?,
///     title: "Notes".to_owned(),
///     written: DateTime::from_millis(1_706_693_400_000),
/// };
/// assert_eq!(
///     serde_json::to_string(&earnorm::Json(&post))?,
///     r#"{"_id":"65b9c2f04b3a8a0012345678","title":"Notes","written":"2024-01-31T09:30:00.000Z"}"#
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// In a handler of axum: `axum::Json(earnorm::Json(posts))`.
///
/// [Extended JSON]: https://www.mongodb.com/docs/manual/reference/mongodb-extended-json/
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Json<T>(pub T);

impl<T: Serialize> Serialize for Json<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Web(&self.0).serialize(serializer)
    }
}

/// A value that is read from the JSON that [`Json`] writes: the way back.
///
/// A field of type `DateTime` is read from a date in RFC 3339, with any offset; digits after the milliseconds are dropped.
/// `ObjectId`, `Decimal128`, `Uuid` and `Binary` are read from their strings. The type of the field decides: a `String`
/// that looks like a date isn't changed, and neither is a string in a `Bson` or a `Document`. Extended JSON is read too.
///
/// ```
/// use earnorm::json;
/// use earnorm::prelude::*;
/// use mongodb::bson::DateTime;
///
/// #[derive(Deserialize)]
/// struct NewPost {
///     author_id: ObjectId,
///     publish_at: Option<DateTime>,
/// }
///
/// let text = r#"{"author_id": "65b9c2f04b3a8a0012345678", "publish_at": "2024-01-31T10:30:00+01:00"}"#;
/// let json::Deserialize(new) = serde_json::from_str::<json::Deserialize<NewPost>>(text)?;
/// assert_eq!(new.publish_at, Some(DateTime::from_millis(1_706_693_400_000)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// In a handler of axum, it is a pattern of an argument: `axum::Json(json::Deserialize(new)): axum::Json<json::Deserialize<NewPost>>`.
///
/// # Errors
///
/// Those of the inner format, with its line and column: `invalid ObjectId "12"; expected 24 hexadecimal digits at line 1
/// column 18`, `invalid date "today"; expected RFC 3339, such as "2024-01-31T09:30:00Z" at line 2 column 5`.
///
/// # Flattened structs, untagged and internally tagged enums
///
/// serde copies their fields into a buffer of its own, before it knows the types. Ids are read from hexadecimal digits
/// there too. Other types need [`json::deserialize`](deserialize()) on the flattened field, or on the field of the variant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Deserialize<T>(pub T);

impl<'de, T: serde::Deserialize<'de>> serde::Deserialize<'de> for Deserialize<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read(deserializer).map(Self)
    }
}

/// Reads one field like [`json::Deserialize`](Deserialize), for serde's `deserialize_with`.
///
/// It is needed for dates, decimals and binary values in flattened structs and in untagged or internally tagged enums,
/// which serde buffers. It reads BSON too, so the field may belong to a model.
///
/// ```
/// use earnorm::json;
/// use earnorm::prelude::*;
/// use mongodb::bson::DateTime;
///
/// #[derive(Deserialize)]
/// struct Period {
///     from: DateTime,
///     to: Option<DateTime>,
/// }
///
/// #[derive(Deserialize)]
/// struct Search {
///     text: String,
///     #[serde(flatten, deserialize_with = "earnorm::json::deserialize")]
///     period: Period,
/// }
///
/// #[derive(Deserialize)]
/// #[serde(tag = "kind", rename_all = "snake_case")]
/// enum Change {
///     Rename { name: String },
///     Postpone {
///         #[serde(deserialize_with = "earnorm::json::deserialize")]
///         until: DateTime,
///     },
/// }
///
/// let text = r#"{"text": "2024-01-31T09:30:00Z", "from": "2024-01-31T09:30:00Z"}"#;
/// let search: Search = serde_json::from_str(text)?;
/// assert_eq!(search.period.from, DateTime::from_millis(1_706_693_400_000));
/// let change: Change = serde_json::from_str(r#"{"kind": "postpone", "until": "2024-01-31T09:30:00Z"}"#)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// The same as for [`json::Deserialize`](Deserialize).
pub fn deserialize<'de, T: serde::Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    read(deserializer)
}
