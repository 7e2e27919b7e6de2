//! How loaded values are read.

use std::sync::Arc;

use serde::Serialize;
use serde::ser::Serializer;

/// How a loaded value is read.
#[diagnostic::on_unimplemented(
    message = "what was loaded is not known here",
    label = "its type is missing",
    note = "in a generic function, say what was loaded, as in `L: Includes<relation!(User, posts), Value = Vec<Post>>`"
)]
pub trait View {
    /// What [`Loaded::related`](crate::Loaded::related) gives.
    type Ref<'a>
    where
        Self: 'a;
    #[doc(hidden)]
    fn view(&self) -> Self::Ref<'_>;
}

impl<R> View for Vec<R> {
    type Ref<'a>
        = &'a [R]
    where
        R: 'a;
    fn view(&self) -> &[R] {
        self
    }
}

impl<R> View for Option<R> {
    type Ref<'a>
        = Option<&'a R>
    where
        R: 'a;
    fn view(&self) -> Option<&R> {
        self.as_ref()
    }
}

impl View for u64 {
    type Ref<'a> = u64;
    fn view(&self) -> u64 {
        *self
    }
}

/// The one document that many may refer to: loaded once, and shared by them.
#[derive(Debug, PartialEq, Eq)]
pub struct Shared<R>(pub(super) Option<Arc<R>>);

impl<R> Shared<R> {
    /// The document, if the key leads to one.
    pub fn get(&self) -> Option<&R> {
        self.0.as_deref()
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

impl<R> View for Shared<R> {
    type Ref<'a>
        = Option<&'a R>
    where
        R: 'a;
    fn view(&self) -> Option<&R> {
        self.get()
    }
}

/// What an include that is an `Option` gives: nothing where it wasn't asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Asked<V>(pub(super) Option<V>);

impl<V: View> View for Asked<V> {
    type Ref<'a>
        = Option<V::Ref<'a>>
    where
        V: 'a;
    fn view(&self) -> Option<V::Ref<'_>> {
        self.0.as_ref().map(View::view)
    }
}
