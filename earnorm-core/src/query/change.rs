//! The methods of fields and paths that change them: each returns an update.

use mongodb::bson::{Bson, Document, doc};
use serde::Serialize;

use super::condition::{Condition, on_object};
use super::filter::inside;
use super::{Filter, IntoFilter, Number, Numeric, Update};
use crate::bson::{self, EncodeError};
use crate::embedded::{EmbeddedField, IsArray, Selected, Settable, TypedPath};
use crate::error::Refusal;
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

        impl<M, T, N> TypedPath<M, T, N> {
            $($(#[$doc])*
            pub fn $method<O>(self, item: O) -> Update<M>
            where
                N: Settable,
                T: Array,
                O: Operand<T::Item>,
            {
                let item = self.encode_item(item.into_operand());
                Update::item_at($operator, self, item).nullable(T::NULLABLE)
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

/// The path has to lead to one value, or to selected elements of arrays. An embedded document on the path that is null or
/// missing makes the server fail with an error, except for a missing one, which it creates.
impl<M, T, N> TypedPath<M, T, N> {
    /// Sets the value. If serde skips it (`skip_serializing_if`), removes the field.
    pub fn set(self, value: impl Operand<T>) -> Update<M>
    where
        N: Settable,
    {
        let value = value.into_operand();
        if self.omits(&value) {
            return self.unset();
        }
        let value = self.encode(&value);
        Update::at("$set", self, value)
    }

    /// Adds to the value. A missing field counts as 0.
    pub fn inc<B>(self, by: B) -> Update<M>
    where
        N: Settable,
        T: Numeric,
        B: Number<T::Number>,
    {
        Update::at("$inc", self, Ok(by.into_number())).nullable(T::NULLABLE)
    }

    /// Multiplies the value. A missing field becomes 0.
    #[allow(clippy::should_implement_trait, reason = "the server's name for it; the result is not a product")]
    pub fn mul<B>(self, by: B) -> Update<M>
    where
        N: Settable,
        T: Numeric,
        B: Number<T::Number>,
    {
        Update::at("$mul", self, Ok(by.into_number())).nullable(T::NULLABLE)
    }

    /// Sets the value if that is less than the stored one, or if the field is missing.
    pub fn min(self, value: impl Operand<T>) -> Update<M>
    where
        N: Settable,
    {
        let value = self.encode(&value.into_operand());
        Update::at("$min", self, value).nullable(true)
    }

    /// Sets the value if that is greater than the stored one, or if the field is missing or null.
    pub fn max(self, value: impl Operand<T>) -> Update<M>
    where
        N: Settable,
    {
        let value = self.encode(&value.into_operand());
        Update::at("$max", self, value)
    }

    /// Removes the field from its embedded document.
    pub fn unset(self) -> Update<M>
    where
        N: Settable,
    {
        Update::at("$unset", self, Ok(Bson::String(String::new())))
    }
}

macro_rules! elements {
    ($([$($generics:tt)*] $target:ty $(where $n:ident)?;)*) => { $(
        impl<$($generics)*> $target {
            /// All elements of the array, to change them: `Order::LINES.each().at(Line::QUANTITY).set(0)`. Nulls in the
            /// array are left alone.
            pub fn each(self) -> TypedPath<M, T::Record, Selected>
            where
                $($n: Settable,)?
                T: EmbeddedField<Count: IsArray>,
            {
                self.each_where(Filter::default())
            }

            /// The elements of the array that match a filter, to change them.
            ///
            /// The server finds them while it writes (`arrayFilters`), so elements that others add, move or remove at the
            /// same time do no harm.
            ///
            /// ```
            /// # use earnorm::prelude::*;
            /// # use earnorm::Update;
            /// # #[derive(Serialize, Deserialize, Embedded)]
            /// # struct Line { sku: String, quantity: i32 }
            /// # #[derive(Serialize, Deserialize, Model)]
            /// # struct Order { #[serde(rename = "_id")] id: ObjectId, #[model(embedded)] lines: Vec<Line> }
            /// let update: Update<Order> = Order::LINES.each_where(Line::SKU.eq("x")).at(Line::QUANTITY).inc(1);
            /// assert!(update.to_string().starts_with(r#"{ "$inc": { "lines.$[e0].quantity": 1 } }, arrayFilters: "#));
            /// ```
            ///
            /// # Errors
            ///
            /// The call that sends the update fails with [`Error::Encode`](crate::Error::Encode) if the filter has a
            /// condition on related documents: the server can't test it while it writes.
            pub fn each_where(self, filter: impl IntoFilter<T::Record>) -> TypedPath<M, T::Record, Selected>
            where
                $($n: Settable,)?
                T: EmbeddedField<Count: IsArray>,
            {
                let path = TypedPath::from(self);
                let element = format!("e{}", path.elements.len());
                let filter = element_filter(&filter.into_filter()).and_then(|filter| inside(&element, &filter));
                let object = doc! { &element: { "$type": "object" } };
                path.select(filter.map(|filter| if filter.is_empty() { object } else { doc! { "$and": [object, filter] } }))
            }

            /// Removes the elements of the array that match a filter. Other elements are not changed.
            ///
            /// ```
            /// # use earnorm::prelude::*;
            /// # use earnorm::Update;
            /// # #[derive(Serialize, Deserialize, Embedded)]
            /// # struct Line { quantity: i32 }
            /// # #[derive(Serialize, Deserialize, Model)]
            /// # struct Order { #[serde(rename = "_id")] id: ObjectId, #[model(embedded)] lines: Vec<Line> }
            /// let update: Update<Order> = Order::LINES.pull_where(Line::QUANTITY.eq(0));
            /// assert_eq!(update.to_string(), r#"{ "$pull": { "lines": { "quantity": 0 } } }"#);
            /// ```
            ///
            /// # Errors
            ///
            /// As for [`each_where`](Self::each_where).
            pub fn pull_where(self, filter: impl IntoFilter<T::Record>) -> Update<M>
            where
                $($n: Settable,)?
                T: EmbeddedField<Count: IsArray>,
            {
                let filter = element_filter(&filter.into_filter()).map(|filter| Bson::Document(on_object(filter)));
                Update::at("$pull", TypedPath::from(self), filter)
            }
        }
    )* };
}
elements! {
    [M, T] Field<M, T>;
    [M, T, N] TypedPath<M, T, N> where N;
}

/// The filter document for elements, which the server tests while it writes.
fn element_filter<E>(filter: &Filter<E>) -> Result<Document, EncodeError> {
    match (filter.refusal(), &filter.condition) {
        (Some(Refusal::Encode { source, .. }), _) => Err(source.clone()),
        (None, Condition::Own(document)) => Ok(document.clone()),
        _ => Err(EncodeError::misuse(format_args!(
            "the elements to change can't be selected by conditions on related documents; read the ids first, and select \
             the elements by their key: `.each_where(Line::PRODUCT_ID.is_in(ids))`"
        ))),
    }
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
