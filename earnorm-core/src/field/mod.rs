//! Typed fields, from which filters, sort orders, updates and keys are built.

mod id;
mod operand;
mod path;
mod stored;

pub use self::id::{Id, stub_id};
pub use self::operand::{Array, Operand, Text};
pub use self::path::Path;
pub(crate) use self::stored::{each_value, raw_value, saved_id, stored_id, value};

use std::fmt;

use mongodb::bson::Bson;
use serde::Serialize;

use crate::bson::{self, BoxError, EncodeError};

/// A function that reads a stored value.
pub(crate) type Decoder<T> = fn(Bson) -> Result<T, BoxError>;

/// A field of the model `M`, of type `T`: `User::NAME` is a `Field<User, String>`.
///
/// It has the stored name of the field, access to its value, and its encoder. A filter therefore compares stored values,
/// also if the field has a `#[serde(with = ..)]`.
///
/// ```
/// use earnorm::prelude::*;
///
/// #[derive(Serialize, Deserialize, Model)]
/// #[serde(rename_all = "camelCase")]
/// struct User {
///     #[serde(rename = "_id")]
///     id: ObjectId,
///     first_name: String,
///     age: Option<u32>,
/// }
///
/// assert_eq!(User::FIRST_NAME.name(), "firstName");
/// let adults = User::find(User::AGE.gte(18) & User::FIRST_NAME.eq("Ada"));
/// ```
pub struct Field<M, T> {
    name: &'static str,
    get: fn(&M) -> &T,
    get_mut: fn(&mut M) -> &mut T,
    encode: fn(&T) -> Result<Bson, EncodeError>,
    /// How a stored value is read, if not by its type's `Deserialize`.
    decode: Option<Decoder<T>>,
    /// Whether its values are stored as their type serializes them. `false` for a field with an encoder of its own.
    plain: bool,
    /// Whether serde omits a value.
    omits: fn(&T) -> bool,
}

impl<M, T> Clone for Field<M, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M, T> Copy for Field<M, T> {}

impl<M, T> fmt::Debug for Field<M, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Field").field(&self.name).finish()
    }
}

impl<M, T> Field<M, T> {
    #[doc(hidden)]
    pub const fn new(name: &'static str, get: fn(&M) -> &T, get_mut: fn(&mut M) -> &mut T) -> Self
    where
        T: Serialize,
    {
        Self { name, get, get_mut, encode: bson::encode::<T>, decode: None, plain: true, omits: |_| false }
    }

    #[doc(hidden)]
    pub const fn encoded(
        name: &'static str,
        get: fn(&M) -> &T,
        get_mut: fn(&mut M) -> &mut T,
        encode: fn(&T) -> Result<Bson, EncodeError>,
    ) -> Self {
        Self { name, get, get_mut, encode, decode: None, plain: false, omits: |_| false }
    }

    #[doc(hidden)]
    pub const fn omitting(self, omits: fn(&T) -> bool) -> Self {
        Self { omits, ..self }
    }

    #[doc(hidden)]
    pub const fn decoded(self, decode: fn(Bson) -> Result<T, BoxError>) -> Self {
        Self { decode: Some(decode), ..self }
    }

    /// The name under which the field is stored.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Whether serde omits this value from a document.
    pub(crate) fn omits(&self, value: &T) -> bool {
        (self.omits)(value)
    }

    pub(crate) const fn is_plain(&self) -> bool {
        self.plain
    }

    pub(crate) fn get<'a>(&self, model: &'a M) -> &'a T {
        (self.get)(model)
    }

    pub(crate) fn get_mut<'a>(&self, model: &'a mut M) -> &'a mut T {
        (self.get_mut)(model)
    }

    pub(crate) fn encode(&self, value: &T) -> Result<Bson, EncodeError> {
        (self.encode)(value)
    }

    pub(crate) const fn encoder(&self) -> fn(&T) -> Result<Bson, EncodeError> {
        self.encode
    }

    /// The function that reads a stored value, if it isn't the `Deserialize` of its type.
    pub(crate) const fn decoder(&self) -> Option<Decoder<T>> {
        self.decode
    }

    pub(crate) const fn omitter(&self) -> fn(&T) -> bool {
        self.omits
    }

    /// Encodes one item as the field's encoder stores it in its array.
    pub(crate) fn encode_item(&self, item: T::Item) -> Result<Bson, EncodeError>
    where
        T: Array,
    {
        encode_item(self.encode, self.name, item)
    }
}

/// Encodes one item as the encoder of the field `name` stores it in its array.
pub(crate) fn encode_item<T: Array>(
    encode: fn(&T) -> Result<Bson, EncodeError>,
    name: &str,
    item: T::Item,
) -> Result<Bson, EncodeError> {
    match encode(&T::of(vec![item]))? {
        Bson::Array(mut items) if items.len() == 1 => Ok(items.remove(0)),
        other => {
            let stored = other.element_type();
            Err(EncodeError::misuse(format_args!("`{name}` is stored as {stored:?}, not as an array")))
        }
    }
}

/// Methods for generated code. An attribute that names a field expands to a method call on it, so that the compiler's
/// messages and an editor's "go to definition" point to that field.
impl<M: 'static, T: 'static> Field<M, T> {
    #[doc(hidden)]
    pub const fn ordered(&self, direction: i32) -> (&'static str, i32) {
        (self.name, direction)
    }
}

/// Joins the name of a field and a path inside it, such as `address` and `.city`, at compile time. `N` is the length of
/// the result.
#[doc(hidden)]
pub const fn joined<const N: usize>(field: &str, rest: &str) -> [u8; N] {
    let (field, rest) = (field.as_bytes(), rest.as_bytes());
    let mut name = [0; N];
    let mut i = 0;
    while i < N {
        name[i] = if i < field.len() { field[i] } else { rest[i - field.len()] };
        i += 1;
    }
    name
}

#[doc(hidden)]
pub const fn text(name: &'static [u8]) -> &'static str {
    match std::str::from_utf8(name) {
        Ok(name) => name,
        Err(_) => "",
    }
}
