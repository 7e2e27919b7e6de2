use std::fmt;
use std::marker::PhantomData;

/// A path into a field's sub-document, made by [`Field::at`](crate::Field::at).
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
    pub(crate) fn named(name: String) -> Self {
        Self { name, model: PhantomData }
    }

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
