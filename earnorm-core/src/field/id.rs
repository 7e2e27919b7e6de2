use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::str::FromStr;

use mongodb::bson::Bson;
use mongodb::bson::oid::ObjectId;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::IdError;

/// An [`ObjectId`] with the type of its model, so that the ids of two models can't be mixed up.
///
/// It is stored as a plain `ObjectId`.
///
/// ```
/// use earnorm::prelude::*;
///
/// #[derive(Serialize, Deserialize, Model)]
/// struct User {
///     #[serde(rename = "_id")]
///     id: Id<User>,
///     #[relation(many_to_one, target = "User")]
///     inviter_id: Option<Id<User>>,
/// }
///
/// let ada = User { id: Id::new(), inviter_id: None };
/// let grace = User { id: Id::new(), inviter_id: Some(ada.id) };
/// ```
pub struct Id<M> {
    value: ObjectId,
    model: PhantomData<fn() -> M>,
}

impl<M> Id<M> {
    /// A new id, as [`ObjectId::new`] generates it.
    pub fn new() -> Self {
        ObjectId::new().into()
    }

    /// The plain `ObjectId`.
    pub fn object_id(self) -> ObjectId {
        self.value
    }
}

impl<M> Default for Id<M> {
    /// A new id, like the `Default` of `ObjectId`. Join models that derive `Default` need it.
    fn default() -> Self {
        Self::new()
    }
}

impl<M> From<ObjectId> for Id<M> {
    fn from(value: ObjectId) -> Self {
        Self { value, model: PhantomData }
    }
}

impl<M> From<Id<M>> for ObjectId {
    fn from(id: Id<M>) -> Self {
        id.value
    }
}

impl<M> From<Id<M>> for Bson {
    fn from(id: Id<M>) -> Self {
        Self::ObjectId(id.value)
    }
}

impl<M> FromStr for Id<M> {
    type Err = IdError;

    /// Parses the 24 hexadecimal digits of an id.
    fn from_str(hex: &str) -> Result<Self, IdError> {
        ObjectId::parse_str(hex).map(Self::from).map_err(IdError)
    }
}

impl<M> Clone for Id<M> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M> Copy for Id<M> {}

impl<M> PartialEq for Id<M> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl<M> Eq for Id<M> {}

impl<M> PartialOrd for Id<M> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<M> Ord for Id<M> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.value.cmp(&other.value)
    }
}

impl<M> Hash for Id<M> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.value.hash(state);
    }
}

impl<M> fmt::Debug for Id<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.fmt(f)
    }
}

impl<M> fmt::Display for Id<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.fmt(f)
    }
}

impl<M> Serialize for Id<M> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value.serialize(serializer)
    }
}

impl<'de, M> Deserialize<'de> for Id<M> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        ObjectId::deserialize(deserializer).map(Self::from)
    }
}

/// The id field of a struct whose derive found an error. It lets the other uses of the struct compile.
#[doc(hidden)]
pub const fn stub_id<M>() -> crate::Field<M, ObjectId> {
    crate::Field::new("_id", |_| &NO_ID, |_| Box::leak(Box::new(ObjectId::from_bytes([0; 12]))))
}

static NO_ID: ObjectId = ObjectId::from_bytes([0; 12]);
