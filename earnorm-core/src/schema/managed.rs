//! The fields that EarnORM writes: their types, and how a value gets into a document.

use std::fmt;

use mongodb::bson::oid::ObjectId;
use mongodb::bson::{Bson, DateTime};
use serde::{Deserialize, Serialize};

use crate::Field;
use crate::bson::EncodeError;

/// The type of a field with `#[model(created_at)]`, `#[model(updated_at)]`, or of one that `touch` names: any type that is
/// `From<mongodb::bson::DateTime>`.
#[diagnostic::on_unimplemented(
    message = "EarnORM writes a time into this field, and `{Self}` is not one",
    label = "not a time",
    note = "make it a `mongodb::bson::DateTime`, another type that is `From` that one, or an `Option` of it"
)]
pub trait Timestamp: Sized {
    #[doc(hidden)]
    fn at(now: DateTime) -> Self;
}

#[diagnostic::do_not_recommend]
impl<T: From<DateTime>> Timestamp for T {
    fn at(now: DateTime) -> Self {
        now.into()
    }
}

/// A field that holds a time, without the types of its model and its value.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct TimeField {
    name: &'static str,
    field: &'static dyn EncodesTime,
}

trait EncodesTime: fmt::Debug + Sync {
    fn encode(&self, now: DateTime) -> Result<Bson, EncodeError>;
}

impl TimeField {
    pub(crate) const fn name(&self) -> &'static str {
        self.name
    }

    /// The time as serde stores it in this field.
    pub(crate) fn encode(&self, now: DateTime) -> Result<Bson, EncodeError> {
        self.field.encode(now)
    }
}

impl PartialEq for TimeField {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for TimeField {}

/// A field that holds a time.
#[doc(hidden)]
pub struct TimeOf<M, T> {
    field: Field<M, T>,
    at: fn(DateTime) -> T,
}

impl<M, T> fmt::Debug for TimeOf<M, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TimeOf").field(&self.field.name()).finish()
    }
}

#[doc(hidden)]
pub const fn time<M, T: Timestamp>(field: Field<M, T>) -> TimeOf<M, T> {
    TimeOf { field, at: T::at }
}

#[doc(hidden)]
pub const fn optional_time<M, T: Timestamp>(field: Field<M, Option<T>>) -> TimeOf<M, Option<T>> {
    TimeOf { field, at: |now| Some(T::at(now)) }
}

impl<M: 'static, T: 'static> TimeOf<M, T> {
    #[doc(hidden)]
    pub const fn table(&'static self) -> TimeField {
        TimeField { name: self.field.name(), field: self }
    }
}

impl<M: 'static, T: 'static> EncodesTime for TimeOf<M, T> {
    fn encode(&self, now: DateTime) -> Result<Bson, EncodeError> {
        self.field.encode(&(self.at)(now))
    }
}

/// The type of a field with `#[model(version)]`.
#[diagnostic::on_unimplemented(
    message = "a version is an integer, and `{Self}` is not",
    label = "each write of a document increments this field",
    note = "make it an `i64`, with `#[serde(default)]` if there are documents without it"
)]
pub trait Version: Sized {
    #[doc(hidden)]
    fn of(number: i64) -> Self;
}

macro_rules! versions {
    ($($ty:ty)*) => { $(
        impl Version for $ty {
            fn of(number: i64) -> Self {
                Self::try_from(number).unwrap_or(Self::MAX)
            }
        }
    )* };
}
versions! { i32 i64 u32 u64 }

/// A field that holds a version.
#[doc(hidden)]
pub struct VersionOf<M, T> {
    field: Field<M, T>,
    of: fn(i64) -> T,
}

impl<M, T> fmt::Debug for VersionOf<M, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("VersionOf").field(&self.field.name()).finish()
    }
}

#[doc(hidden)]
pub const fn version<M, T: Version>(field: Field<M, T>) -> VersionOf<M, T> {
    VersionOf { field, of: T::of }
}

impl<M, T> VersionOf<M, T> {
    /// The stored name.
    #[doc(hidden)]
    pub const fn table(&self) -> &'static str {
        self.field.name()
    }
}

/// A model with a version: a field with `#[model(version)]`. The derive implements it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no version",
    label = "this call compares the version of a `{Self}` with the stored one",
    note = "add a field `#[model(version)] #[serde(default)] version: i64`"
)]
pub trait Versioned {}

/// The type of a field that `counter` of a relation names.
#[diagnostic::on_unimplemented(
    message = "a counter is an integer, and `{Self}` is not",
    label = "EarnORM keeps the number of related documents in this field",
    note = "make it an `i64`, with `#[serde(default)]` if there are documents without it"
)]
pub trait RelatedCount {}

#[diagnostic::do_not_recommend]
impl<T: Version> RelatedCount for T {}

/// The stored name of a counter.
#[doc(hidden)]
pub const fn counter<M: 'static, T: RelatedCount + 'static>(field: Field<M, T>) -> &'static str {
    field.name()
}

/// The mark of a document that was deleted and can be restored: the value of a field with `#[model(soft_delete)]`.
///
/// All documents that one call deleted have the same mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Deletion {
    /// The id of the deletion.
    pub id: ObjectId,
    /// When the call began.
    pub at: DateTime,
}

impl Deletion {
    /// A new deletion.
    pub(crate) fn now() -> Self {
        Self { id: ObjectId::new(), at: DateTime::now() }
    }
}

/// The type of a field with `#[model(soft_delete)]`.
#[diagnostic::on_unimplemented(
    message = "a field with `soft_delete` is an `Option<earnorm::Deletion>`, and `{Self}` is not",
    label = "a delete writes its mark into this field",
    note = "write `#[model(soft_delete)] deleted: Option<Deletion>`, with `use earnorm::Deletion;`"
)]
pub trait DeletionMark {}

impl DeletionMark for Option<Deletion> {}

/// The stored name of the mark of deleted documents.
#[doc(hidden)]
pub const fn soft_delete<M: 'static, T: DeletionMark + 'static>(field: Field<M, T>) -> &'static str {
    field.name()
}

/// What a write stored in the managed fields of a document, for the value in memory.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct Stamp {
    pub(crate) now: DateTime,
    /// Whether the write inserted the document.
    pub(crate) created: bool,
    pub(crate) updated: bool,
    pub(crate) version: Option<i64>,
    /// The version before the write.
    pub(crate) before: Option<i64>,
}

impl Stamp {
    /// What restores the version after a write that was undone.
    pub(crate) fn undone(self) -> Self {
        Self { created: false, updated: false, version: self.before, ..self }
    }

    #[doc(hidden)]
    pub fn created_at<M, T>(&self, model: &mut M, time: &TimeOf<M, T>) {
        if self.created {
            *time.field.get_mut(model) = (time.at)(self.now);
        }
    }

    #[doc(hidden)]
    pub fn updated_at<M, T>(&self, model: &mut M, time: &TimeOf<M, T>) {
        if self.updated {
            *time.field.get_mut(model) = (time.at)(self.now);
        }
    }

    #[doc(hidden)]
    pub fn version<M, T>(&self, model: &mut M, field: &VersionOf<M, T>) {
        if let Some(version) = self.version {
            *field.field.get_mut(model) = (field.of)(version);
        }
    }
}

/// A function that sets the managed fields of a document in memory to what a write stored.
#[doc(hidden)]
pub type StampOf<M> = fn(&mut M, &Stamp);
