//! The methods of fields and paths that change them: each returns an update.

use mongodb::bson::Bson;
use serde::Serialize;

use super::{Number, Numeric, Update};
use crate::bson;
use crate::{Array, Field, Operand, Path};

impl<M, T> Field<M, T> {
    /// Sets the field to a value. If serde skips the value (`skip_serializing_if`), removes the field, like
    /// [`save`](crate::Model::save).
    pub fn set(self, value: impl Operand<T>) -> Update<M> {
        let value = value.into_operand();
        if self.omits(&value) { self.unset() } else { Update::one("$set", self.name(), self.encode(&value)) }
    }

    /// Adds a value to the field. A missing field and a null count as 0.
    pub fn inc<N>(self, by: N) -> Update<M>
    where
        T: Numeric,
        N: Number<T::Number>,
    {
        Update::one("$inc", self.name(), Ok(by.into_number())).nullable(T::NULLABLE)
    }

    /// Multiplies the field by a value. A missing field and a null become 0.
    #[allow(clippy::should_implement_trait, reason = "the server's name for it; the result is not a product")]
    pub fn mul<N>(self, by: N) -> Update<M>
    where
        T: Numeric,
        N: Number<T::Number>,
    {
        Update::one("$mul", self.name(), Ok(by.into_number())).nullable(T::NULLABLE)
    }

    /// Sets the field to a value if that is less than the stored one, or if the field is missing or null.
    pub fn min(self, value: impl Operand<T>) -> Update<M> {
        // for the operator, a null is less than any value
        Update::one("$min", self.name(), self.encode(&value.into_operand())).nullable(true)
    }

    /// Sets the field to a value if that is greater than the stored one, or if the field is missing or null.
    pub fn max(self, value: impl Operand<T>) -> Update<M> {
        Update::one("$max", self.name(), self.encode(&value.into_operand()))
    }

    /// Removes the field from the document.
    ///
    /// The document can then only be read if the field is an `Option` or has `#[serde(default)]`. Otherwise, reading it
    /// fails with [`Error::Decode`](crate::Error::Decode).
    pub fn unset(self) -> Update<M> {
        Update::one("$unset", self.name(), Ok(Bson::String(String::new())))
    }
}

macro_rules! array_updates {
    ($($(#[$doc:meta])* $method:ident $operator:literal,)*) => {
        impl<M, T> Field<M, T> {
            $($(#[$doc])*
            pub fn $method<O>(self, item: O) -> Update<M>
            where
                T: Array,
                O: Operand<T::Item>,
            {
                let item = self.encode_item(item.into_operand());
                Update::item($operator, self.name(), item).nullable(T::NULLABLE)
            })*
        }

        impl<M> Path<M> {
            $($(#[$doc])*
            pub fn $method(self, item: impl Serialize) -> Update<M> {
                Update::item($operator, self.name(), bson::encode(&item))
            })*
        }
    };
}
array_updates! {
    /// Appends an item to the array. A missing field and a null count as an empty array.
    push "$push",
    /// Appends an item to the array unless the array contains it. A missing field and a null count as an empty array.
    add_to_set "$addToSet",
    /// Removes all items that are equal to this one from the array. A missing field and a null count as an empty array.
    pull "$pull",
}

impl<M> Path<M> {
    /// Sets the field to a value.
    pub fn set(self, value: impl Serialize) -> Update<M> {
        Update::one("$set", self.name(), bson::encode(&value))
    }

    /// Adds a value to the field. A missing field counts as 0.
    pub fn inc(self, by: impl Number) -> Update<M> {
        Update::one("$inc", self.name(), Ok(by.into_number()))
    }

    /// Removes the field from the document.
    pub fn unset(self) -> Update<M> {
        Update::one("$unset", self.name(), Ok(Bson::String(String::new())))
    }
}
