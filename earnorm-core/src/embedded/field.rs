//! The constants of fields that hold embedded documents.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

use crate::Field;

/// A field of `M` with `#[model(embedded)]`: the type of a constant like `Order::LINES`. It has all methods of a
/// [`Field`].
///
/// `I` identifies the field as a type.
pub struct Embeds<M, T, I> {
    field: Field<M, T>,
    is: PhantomData<fn() -> I>,
}

impl<M, T, I> Embeds<M, T, I> {
    #[doc(hidden)]
    pub const fn new(field: Field<M, T>) -> Self {
        Self { field, is: PhantomData }
    }

    /// The name under which the field is stored.
    pub const fn name(&self) -> &'static str {
        self.field.name()
    }

    #[doc(hidden)]
    pub const fn ordered(&self, direction: i32) -> (&'static str, i32) {
        (self.field.name(), direction)
    }
}

impl<M, T, I> Clone for Embeds<M, T, I> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M, T, I> Copy for Embeds<M, T, I> {}

impl<M, T, I> fmt::Debug for Embeds<M, T, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.field.fmt(f)
    }
}

impl<M, T, I> Deref for Embeds<M, T, I> {
    type Target = Field<M, T>;

    fn deref(&self) -> &Field<M, T> {
        &self.field
    }
}

/// A field of `M` with `#[model(embedded)]` and `#[serde(flatten)]`: the fields of its embedded document are stored
/// among those of `M`, so it has no name of its own.
pub struct Flattened<M, T, I> {
    is: Types<M, T, I>,
}

/// Type parameters of which a value holds no instance.
type Types<M, T, I> = PhantomData<fn() -> (M, T, I)>;

impl<M, T, I> Flattened<M, T, I> {
    #[doc(hidden)]
    pub const NEW: Self = Self { is: PhantomData };
}

impl<M, T, I> Clone for Flattened<M, T, I> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M, T, I> Copy for Flattened<M, T, I> {}

impl<M, T, I> fmt::Debug for Flattened<M, T, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Flattened")
    }
}
