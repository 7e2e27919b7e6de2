use std::fmt;
use std::marker::PhantomData;

use crate::Field;

/// A path into a field's sub-document, made by [`Field::at`].
///
/// The type of the value at the path isn't known. An operand can be any value that serializes to what is stored there.
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
    /// The path with dots, such as `address.city`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Extends the path by a name or an index.
    pub fn at(mut self, name: impl fmt::Display) -> Self {
        self.name = format!("{}.{name}", self.name);
        self
    }
}

impl<M, T> Field<M, T> {
    /// A path into this field's sub-document or array.
    ///
    /// `name` is a stored name, such as `User::ADDRESS.at("city")`, the index of an array's item, such as
    /// `Post::TAGS.at(0)`, or several of them separated by dots.
    ///
    /// # Errors
    ///
    /// An update by a name that begins with `$` is an [`Error::Encode`](crate::Error::Encode): the server would read `$[]`
    /// as all items of an array.
    pub fn at(self, name: impl fmt::Display) -> Path<M> {
        Path { name: format!("{}.{name}", self.name()), model: PhantomData }
    }
}
