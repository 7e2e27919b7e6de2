//! The documents that a reference to several models refers to, as an enum with a variant for each model.

use std::fmt;

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use super::value::ReadValue;
use crate::relation::Reference;

/// One value of a list of types.
#[doc(hidden)]
pub enum Either<A, B> {
    /// Of the first type.
    Here(A),
    /// Of one of the other types.
    There(B),
}

/// The value of an empty list of types. It has no variants, so there is none.
#[doc(hidden)]
pub enum Never {}

/// A list of types, like `(Post, (Photo, ()))`.
#[doc(hidden)]
pub trait Rows {
    /// A value of one of the types.
    type One: Send + Sync;
}

impl Rows for () {
    type One = Never;
}

impl<A: Send + Sync, L: Rows> Rows for (A, L) {
    type One = Either<A, L::One>;
}

/// Creates a `D` of one value of a list of types.
#[doc(hidden)]
pub trait RowsOf<D>: Rows {
    /// A constructor for each type.
    type Constructors;
    fn build(one: Self::One, constructors: Self::Constructors) -> D;
}

impl<D> RowsOf<D> for () {
    type Constructors = ();
    fn build(one: Never, (): ()) -> D {
        match one {}
    }
}

impl<D, A: Send + Sync, L: RowsOf<D>> RowsOf<D> for (A, L) {
    type Constructors = (fn(A) -> D, L::Constructors);
    fn build(one: Either<A, L::One>, (here, rest): Self::Constructors) -> D {
        match one {
            Either::Here(value) => here(value),
            Either::There(value) => L::build(value, rest),
        }
    }
}

/// A constructor for each type of the list `L`.
#[doc(hidden)]
pub type Constructors<L, D> = <L as RowsOf<D>>::Constructors;

/// The enum of documents that belongs to an enum of references, for rows of the types `L`.
///
/// The derive of a reference implements it: `SubjectDocument<Post, Photo>` for `Subject`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no documents of the types `{L}`",
    label = "unexpected types of documents"
)]
pub trait Documents<L: RowsOf<Self::Document>>: Reference {
    /// The enum.
    type Document;
    #[doc(hidden)]
    fn constructors() -> L::Constructors;
}

/// An enum of documents, each shared by all documents that refer to it.
#[doc(hidden)]
pub trait Alternatives: Send + Sync {
    /// The same enum of references to the documents.
    type Ref<'a>
    where
        Self: 'a;
    fn view(&self) -> Self::Ref<'_>;
}

/// A row that can be shared.
#[doc(hidden)]
pub trait Row: Send + Sync {}

impl<T: Send + Sync> Row for T {}

/// The loaded value of a relation to several models.
#[derive(Debug, Clone, PartialEq)]
pub struct AnyOf<D>(pub(crate) Option<D>);

impl<M, D: Alternatives> ReadValue<M> for AnyOf<D> {
    type Ref<'a>
        = Option<D::Ref<'a>>
    where
        D: 'a,
        M: 'a;
    fn view<'a>(&'a self, _: &'a M) -> Option<D::Ref<'a>> {
        self.0.as_ref().map(D::view)
    }
}

impl<D: Alternatives> Serialize for AnyOf<D>
where
    for<'a> D::Ref<'a>: Serialize,
{
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.as_ref().map(D::view).serialize(serializer)
    }
}

/// Serializes a document with its tag: `{ "type": "Post", "document": { .. } }`.
#[doc(hidden)]
pub fn tagged<S: Serializer, T: Serialize>(
    serializer: S,
    tag: &'static str,
    value: &str,
    document: &T,
) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(2))?;
    map.serialize_entry(tag, value)?;
    map.serialize_entry("document", document)?;
    map.end()
}

impl fmt::Debug for Never {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {}
    }
}
