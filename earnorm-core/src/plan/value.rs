//! How loaded values are read.

use std::sync::Arc;

use serde::Serialize;
use serde::ser::Serializer;

/// The value of a loaded relation, and the type as which it is read.
#[diagnostic::on_unimplemented(
    message = "the type of the loaded value is not known here",
    label = "its type is missing",
    note = "in a generic function, write the type in the bound: `L: Includes<relation!(User, posts), Value = Vec<Post>>`"
)]
pub trait ReadValue<M> {
    /// What [`Loaded::related`](crate::Loaded::related) returns.
    type Ref<'a>
    where
        Self: 'a,
        M: 'a;
    /// `document` is the document for which the value was loaded.
    #[doc(hidden)]
    fn view<'a>(&'a self, document: &'a M) -> Self::Ref<'a>;
}

impl<M, R> ReadValue<M> for Vec<R> {
    type Ref<'a>
        = &'a [R]
    where
        R: 'a,
        M: 'a;
    fn view<'a>(&'a self, _: &'a M) -> &'a [R] {
        self
    }
}

impl<M, R> ReadValue<M> for Option<R> {
    type Ref<'a>
        = Option<&'a R>
    where
        R: 'a,
        M: 'a;
    fn view<'a>(&'a self, _: &'a M) -> Option<&'a R> {
        self.as_ref()
    }
}

impl<M> ReadValue<M> for u64 {
    type Ref<'a>
        = u64
    where
        M: 'a;
    fn view<'a>(&'a self, _: &'a M) -> u64 {
        *self
    }
}

/// A document to which many others can refer. It is loaded once and shared by them.
#[derive(Debug, PartialEq, Eq)]
pub struct Shared<R>(pub(super) Option<Arc<R>>);

impl<R> Shared<R> {
    /// The document, or `None` if the key is empty or its document doesn't exist.
    pub fn get(&self) -> Option<&R> {
        self.0.as_deref()
    }

    pub(crate) fn into_inner(self) -> Option<Arc<R>> {
        self.0
    }
}

impl<R> Clone for Shared<R> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<R: Serialize> Serialize for Shared<R> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.get().serialize(serializer)
    }
}

impl<M, R> ReadValue<M> for Shared<R> {
    type Ref<'a>
        = Option<&'a R>
    where
        R: 'a,
        M: 'a;
    fn view<'a>(&'a self, _: &'a M) -> Option<&'a R> {
        self.get()
    }
}

/// The value of an include that is an `Option`: empty if the include was `None`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Asked<V>(pub(super) Option<V>);

impl<M, V: ReadValue<M>> ReadValue<M> for Asked<V> {
    type Ref<'a>
        = Option<V::Ref<'a>>
    where
        V: 'a,
        M: 'a;
    fn view<'a>(&'a self, document: &'a M) -> Option<V::Ref<'a>> {
        self.0.as_ref().map(|value| value.view(document))
    }
}
