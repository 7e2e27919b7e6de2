use std::fmt;
use std::marker::PhantomData;

use crate::Field;

/// A place inside a field's sub-document: what [`Field::at`] gives.
///
/// Its type isn't known, so operands are whatever serializes to what is stored there.
///
/// ```
/// use earnorm::prelude::*;
///
/// # #[derive(Serialize, Deserialize)]
/// # struct Address { city: String }
/// #[derive(Serialize, Deserialize, Model)]
/// struct User {
///     #[serde(rename = "_id")]
///     id: ObjectId,
///     address: Address,
/// }
///
/// let londoners = User::find(User::ADDRESS.at("city").eq("London"));
/// ```
pub struct Path<M> {
    name: String,
    model: PhantomData<fn() -> M>,
}

impl<M> Clone for Path<M> {
    fn clone(&self) -> Self {
        Self { name: self.name.clone(), model: PhantomData }
    }
}

impl<M> fmt::Debug for Path<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Path").field(&self.name).finish()
    }
}

impl<M> Path<M> {
    /// The dotted name under which the server finds it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A place further in.
    pub fn at(mut self, name: impl fmt::Display) -> Self {
        self.name = format!("{}.{name}", self.name);
        self
    }
}

impl<M, T> Field<M, T> {
    /// A place inside this field's sub-document, by its stored name: `User::ADDRESS.at("city")`, or the index of an
    /// array's item: `Post::TAGS.at(0)`. A dot leads further in.
    ///
    /// An update by a name that begins with a dollar sign is an [`Error::Encode`](crate::Error::Encode): the server would
    /// take `$[]` for all elements of an array.
    pub fn at(self, name: impl fmt::Display) -> Path<M> {
        Path { name: format!("{}.{name}", self.name()), model: PhantomData }
    }
}
