//! The comparisons of fields and paths: each returns a filter.

use mongodb::bson::{Bson, doc};
use serde::Serialize;

use super::Filter;
use crate::bson::{self, EncodeError};
use crate::store::{self, is_expression};
use crate::{Array, Field, Operand, Path};

impl<M> Filter<M> {
    /// `{ name: value }`, or with `$eq` if the server could take the value for an operator or a pattern.
    pub(crate) fn equal(name: &str, value: Bson) -> Self {
        store::equal(name, value).into()
    }

    fn compare(name: &str, operator: &str, value: Result<Bson, EncodeError>) -> Self {
        match value {
            Ok(value) if operator == "$eq" => Self::equal(name, value),
            // a server refuses a pattern here
            Ok(value) if operator == "$ne" && is_expression(&value) => !Self::equal(name, value),
            Ok(value) => doc! { name: { operator: value } }.into(),
            Err(error) => Self::failed(error),
        }
    }

    fn among(name: &str, operator: &str, values: impl Iterator<Item = Result<Bson, EncodeError>>) -> Self {
        let values = match values.collect::<Result<Vec<_>, _>>() {
            Ok(values) => values,
            Err(error) => return Self::failed(error),
        };
        if !values.iter().any(is_expression) {
            return Self::compare(name, operator, Ok(Bson::Array(values)));
        }
        // in a list, the server refuses operators and matches patterns
        let joined = match operator {
            "$in" => "$or",
            "$nin" => "$nor",
            _ => "$and",
        };
        let each = values.into_iter().map(|value| store::equal(name, value));
        doc! { joined: each.collect::<Vec<_>>() }.into()
    }
}

macro_rules! comparisons {
    ($($(#[$doc:meta])* $method:ident $operator:literal,)*) => {
        impl<M, T> Field<M, T> {
            $($(#[$doc])*
            pub fn $method(self, value: impl Operand<T>) -> Filter<M> {
                Filter::compare(self.name(), $operator, self.encode(&value.into_operand()))
            })*
        }

        impl<M> Path<M> {
            $($(#[$doc])*
            pub fn $method(self, value: impl Serialize) -> Filter<M> {
                Filter::compare(self.name(), $operator, bson::encode(&value))
            })*
        }
    };
}

comparisons! {
    /// Equal to the value. A `None` also stands for a missing field.
    eq "$eq",
    /// Not equal to the value; missing fields too, unless the value is a `None`.
    ne "$ne",
    /// Greater than the value.
    gt "$gt",
    /// Greater than or equal to the value.
    gte "$gte",
    /// Less than the value.
    lt "$lt",
    /// Less than or equal to the value.
    lte "$lte",
}

impl<M, T> Field<M, T> {
    /// Equal to one of the values; none for an empty list.
    pub fn is_in<I>(self, values: I) -> Filter<M>
    where
        I: IntoIterator<Item: Operand<T>>,
    {
        Filter::among(self.name(), "$in", self.encode_all(values))
    }

    /// Equal to none of the values, or missing.
    pub fn not_in<I>(self, values: I) -> Filter<M>
    where
        I: IntoIterator<Item: Operand<T>>,
    {
        Filter::among(self.name(), "$nin", self.encode_all(values))
    }

    fn encode_all<I>(self, values: I) -> impl Iterator<Item = Result<Bson, EncodeError>>
    where
        I: IntoIterator<Item: Operand<T>>,
    {
        values.into_iter().map(move |value| self.encode(&value.into_operand()))
    }

    /// An array with this item.
    pub fn contains<O>(self, item: O) -> Filter<M>
    where
        T: Array,
        O: Operand<T::Item>,
    {
        Filter::compare(self.name(), "$eq", self.encode_item(item.into_operand()))
    }

    /// An array with all these items.
    pub fn contains_all<I>(self, items: I) -> Filter<M>
    where
        T: Array,
        I: IntoIterator<Item: Operand<T::Item>>,
    {
        let items = items.into_iter().map(|item| self.encode_item(item.into_operand()));
        Filter::among(self.name(), "$all", items)
    }
}

impl<M> Path<M> {
    /// Equal to one of the values; none for an empty list.
    pub fn is_in<I>(self, values: I) -> Filter<M>
    where
        I: IntoIterator<Item: Serialize>,
    {
        let values = values.into_iter().map(|value| bson::encode(&value));
        Filter::among(self.name(), "$in", values)
    }

    /// Equal to none of the values, or missing.
    pub fn not_in<I>(self, values: I) -> Filter<M>
    where
        I: IntoIterator<Item: Serialize>,
    {
        let values = values.into_iter().map(|value| bson::encode(&value));
        Filter::among(self.name(), "$nin", values)
    }

    /// An array with this item.
    pub fn contains(self, item: impl Serialize) -> Filter<M> {
        Filter::compare(self.name(), "$eq", bson::encode(&item))
    }

    /// An array with all these items.
    pub fn contains_all<I>(self, items: I) -> Filter<M>
    where
        I: IntoIterator<Item: Serialize>,
    {
        let items = items.into_iter().map(|item| bson::encode(&item));
        Filter::among(self.name(), "$all", items)
    }
}

macro_rules! shapes {
    ($([$($generics:ident),*] $target:ty;)*) => { $(
        impl<$($generics),*> $target {
            /// Null or missing; the way to find what is there is `!field.is_null()`.
            pub fn is_null(self) -> Filter<M> {
                Filter::compare(self.name(), "$eq", Ok(Bson::Null))
            }

            /// Stored at all, a null included.
            pub fn exists(self) -> Filter<M> {
                Filter::compare(self.name(), "$exists", Ok(Bson::Boolean(true)))
            }

            /// A string that the pattern matches (PCRE; options go inside it, as in `(?i)^ada`), or an array with one.
            ///
            /// Nothing that is stored as something else matches, as a number.
            pub fn regex(self, pattern: impl Into<String>) -> Filter<M> {
                Filter::compare(self.name(), "$regex", Ok(Bson::String(pattern.into())))
            }
        }
    )* };
}
shapes! {
    [M, T] Field<M, T>;
    [M] Path<M>;
}

impl<M, T> Field<M, T> {
    /// An array of exactly this length.
    pub fn len(self, items: u32) -> Filter<M>
    where
        T: Array,
    {
        Filter::compare(self.name(), "$size", Ok(Bson::Int64(items.into())))
    }
}

impl<M> Path<M> {
    /// An array of exactly this length.
    pub fn len(self, items: u32) -> Filter<M> {
        Filter::compare(self.name(), "$size", Ok(Bson::Int64(items.into())))
    }
}
