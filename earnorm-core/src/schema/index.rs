//! The indexes that models declare.

use mongodb::bson::{Bson, Document};

use super::fail::fail;

/// An index that a model declares by `#[index(..)]`.
///
/// ```
/// use earnorm::prelude::*;
/// use earnorm::schema::IndexOrder;
///
/// #[derive(Serialize, Deserialize, Model)]
/// #[index(email, unique)]
/// #[index(country, -created)]
/// struct User {
///     #[serde(rename = "_id")]
///     id: ObjectId,
///     #[serde(rename = "mail")]
///     email: String,
///     country: String,
///     created: i64,
/// }
///
/// let [email, by_country] = User::metadata().config.indexes else { panic!("two indexes") };
/// assert_eq!((email.keys[0].field, email.unique), ("mail", true));
/// assert_eq!(by_country.keys[1].order, IndexOrder::Descending);
/// ```
#[derive(Debug, Clone, Copy)]
pub struct IndexMetadata {
    /// The fields, in the order of the index.
    pub keys: &'static [IndexKey],
    /// The name that is written. Without one, it is made of the fields.
    pub name: Option<&'static str>,
    /// Whether no two documents may have the same values.
    pub unique: bool,
    /// Whether documents without the fields are left out.
    pub sparse: bool,
    /// Whether the server doesn't use it for queries.
    pub hidden: bool,
    /// The condition of the documents in the index, without the tag of the model.
    pub partial: Option<fn() -> Document>,
    /// How the server compares text.
    pub collation: Option<fn() -> Document>,
    /// After how many seconds the server deletes a document, counted from the date in the field.
    pub expire_after: Option<u32>,
}

/// A field of an index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IndexKey {
    /// The stored name, as a path with dots.
    pub field: &'static str,
    /// How the server orders or finds its values.
    pub order: IndexOrder,
}

/// How an index orders or finds the values of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IndexOrder {
    /// From the lowest value.
    Ascending,
    /// From the highest value.
    Descending,
    /// The words of a text.
    Text,
    /// The hash of a value.
    Hashed,
}

impl IndexOrder {
    /// The value of the field in the specification of the index.
    pub(crate) fn value(self) -> Bson {
        match self {
            Self::Ascending => Bson::Int32(1),
            Self::Descending => Bson::Int32(-1),
            Self::Text => "text".into(),
            Self::Hashed => "hashed".into(),
        }
    }
}

/// The functions by which the derive fills in the table.
#[doc(hidden)]
impl IndexKey {
    pub const fn ascending(field: &'static str) -> Self {
        Self { field, order: IndexOrder::Ascending }
    }

    pub const fn descending(field: &'static str) -> Self {
        Self { field, order: IndexOrder::Descending }
    }

    pub const fn text(field: &'static str) -> Self {
        Self { field, order: IndexOrder::Text }
    }

    pub const fn hashed(field: &'static str) -> Self {
        Self { field, order: IndexOrder::Hashed }
    }
}

/// The functions by which the derive fills in the table.
#[doc(hidden)]
impl IndexMetadata {
    pub const fn on(keys: &'static [IndexKey]) -> Self {
        let (unique, sparse, hidden) = (false, false, false);
        Self { keys, name: None, unique, sparse, hidden, partial: None, collation: None, expire_after: None }
    }

    pub const fn name(self, name: &'static str) -> Self {
        Self { name: Some(name), ..self }
    }

    pub const fn unique(self) -> Self {
        Self { unique: true, ..self }
    }

    pub const fn sparse(self) -> Self {
        Self { sparse: true, ..self }
    }

    pub const fn hidden(self) -> Self {
        Self { hidden: true, ..self }
    }

    pub const fn partial(self, partial: fn() -> Document) -> Self {
        Self { partial: Some(partial), ..self }
    }

    pub const fn collation(self, collation: fn() -> Document) -> Self {
        Self { collation: Some(collation), ..self }
    }

    pub const fn expire_after(self, seconds: u32) -> Self {
        Self { expire_after: Some(seconds), ..self }
    }
}

/// Fails to compile if the field of an index with `expire_after` has a type that isn't stored as a date, or if a server doesn't
/// take the number of seconds.
#[doc(hidden)]
#[track_caller]
pub const fn expiring(field: &str, other: Option<&str>, seconds: u32) {
    if seconds > i32::MAX as u32 {
        fail(&["`expire_after` is more than a server takes; write at most 2147483647 seconds"]);
    }
    if let Some(other) = other {
        fail(&[
            "`expire_after` needs a date, and `",
            field,
            "` is stored as ",
            other,
            "; write the type `DateTime` of `bson`, or store it as a date by `#[serde(with = ..)]`",
        ]);
    }
}
