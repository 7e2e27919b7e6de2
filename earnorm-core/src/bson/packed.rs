//! Compact ids, because a delete plan may hold millions of them.

use std::hash::{Hash, Hasher};

use mongodb::bson::oid::ObjectId;
use mongodb::bson::{Bson, RawBsonRef};

use super::encoding::from_raw;
use super::error::EncodeError;
use super::identity::{Identity, identity};
use super::size::size;

/// A stored id in a fifth of the memory of a [`Bson`]. Two ids are equal if the server considers them equal.
#[derive(Debug, Clone)]
pub(crate) enum PackedId {
    Int32(i32),
    Int64(i64),
    ObjectId(ObjectId),
    Text(Box<str>),
    Other(Box<(Identity, Bson)>),
}

/// An id in a form that is the same for equal ids.
#[derive(PartialEq, Eq, Hash)]
enum Key<'a> {
    Number(i64),
    ObjectId(ObjectId),
    Text(&'a str),
    Other(&'a [u8]),
}

impl PackedId {
    pub(crate) fn from_raw(value: RawBsonRef<'_>) -> Result<Self, EncodeError> {
        Ok(match value {
            RawBsonRef::Int32(n) => Self::Int32(n),
            RawBsonRef::Int64(n) => Self::Int64(n),
            RawBsonRef::ObjectId(id) => Self::ObjectId(id),
            RawBsonRef::String(text) => Self::Text(text.into()),
            other => from_raw(other)?.into(),
        })
    }

    pub(crate) fn to_bson(&self) -> Bson {
        match self {
            Self::Int32(n) => Bson::Int32(*n),
            Self::Int64(n) => Bson::Int64(*n),
            Self::ObjectId(id) => Bson::ObjectId(*id),
            Self::Text(text) => Bson::String(text.to_string()),
            Self::Other(other) => other.1.clone(),
        }
    }

    /// The largest number of bytes that the id takes in an array.
    pub(crate) fn size(&self) -> usize {
        match self {
            Self::Int32(_) | Self::Int64(_) | Self::ObjectId(_) => 24,
            Self::Text(text) => text.len() + 16,
            Self::Other(other) => size(&other.1),
        }
    }

    /// Bytes that are the same for equal ids, in every process.
    pub(crate) fn to_key(&self) -> Vec<u8> {
        let (kind, bytes) = match self.key() {
            Key::Number(n) => (0, n.to_be_bytes().to_vec()),
            Key::ObjectId(id) => (1, id.bytes().to_vec()),
            Key::Text(text) => (2, text.as_bytes().to_vec()),
            Key::Other(bytes) => (3, bytes.to_vec()),
        };
        [vec![kind], bytes].concat()
    }

    fn key(&self) -> Key<'_> {
        match self {
            Self::Int32(n) => Key::Number(i64::from(*n)),
            Self::Int64(n) => Key::Number(*n),
            Self::ObjectId(id) => Key::ObjectId(*id),
            Self::Text(text) => Key::Text(text),
            Self::Other(other) => match &other.0 {
                Identity::Number(n) => Key::Number(*n),
                Identity::ObjectId(id) => Key::ObjectId(*id),
                Identity::Text(text) => Key::Text(text),
                Identity::Other(bytes) => Key::Other(bytes),
            },
        }
    }
}

impl From<Bson> for PackedId {
    fn from(id: Bson) -> Self {
        match id {
            Bson::Int32(n) => Self::Int32(n),
            Bson::Int64(n) => Self::Int64(n),
            Bson::ObjectId(id) => Self::ObjectId(id),
            Bson::String(text) => Self::Text(text.into()),
            other => Self::Other(Box::new((identity(&other), other))),
        }
    }
}

impl PartialEq for PackedId {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for PackedId {}

impl Hash for PackedId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key().hash(state);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::collections::HashSet;

    use mongodb::bson::{Bson, RawDocumentBuf, doc, oid::ObjectId};

    use super::PackedId;

    #[test]
    fn equal_ids_are_equal_and_keep_their_types() {
        assert!(size_of::<PackedId>() <= 24);
        let id = ObjectId::new();
        let values: Vec<Bson> = vec![
            1.into(),
            1_i64.into(),
            1.0.into(),
            1.5.into(),
            id.into(),
            "1".into(),
            Bson::Symbol("1".into()),
            doc! { "n": 1 }.into(),
            doc! { "n": 1_i64 }.into(),
            Bson::Null,
        ];
        let packed: Vec<PackedId> = values.iter().cloned().map(PackedId::from).collect();
        assert_eq!(packed.iter().map(PackedId::to_bson).collect::<Vec<_>>(), values);
        assert_eq!(packed.iter().collect::<HashSet<_>>().len(), 6);
        for value in &values {
            let raw = RawDocumentBuf::try_from(&doc! { "v": value }).unwrap();
            let raw = PackedId::from_raw(raw.get("v").unwrap().unwrap()).unwrap();
            assert_eq!(raw.to_bson(), *value);
            assert_eq!(raw, value.clone().into());
        }
    }
}
