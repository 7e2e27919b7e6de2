//! The comparisons of fields and paths: each returns a filter.

use mongodb::bson::{Bson, doc};
use serde::Serialize;

use super::Filter;
use crate::bson::{self, EncodeError};
use crate::embedded::{Filterable, TypedPath};
use crate::store::{self, is_expression};
use crate::{Array, Field, Operand, Path};

impl<M> Filter<M> {
    /// `{ name: value }`. With `$eq` if the server would treat the value as an operator or a pattern.
    pub(crate) fn equal(name: &str, value: Bson) -> Self {
        store::equal(name, value).into()
    }

    pub(super) fn compare(name: &str, operator: &str, value: Result<Bson, EncodeError>) -> Self {
        match value {
            Ok(value) if operator == "$eq" => Self::equal(name, value),
            // the server rejects a pattern here
            Ok(value) if operator == "$ne" && is_expression(&value) => !Self::equal(name, value),
            Ok(value) => doc! { name: { operator: value } }.into(),
            Err(error) => Self::from_error(error),
        }
    }

    fn among(name: &str, operator: &str, values: impl Iterator<Item = Result<Bson, EncodeError>>) -> Self {
        let values = match values.collect::<Result<Vec<_>, _>>() {
            Ok(values) => values,
            Err(error) => return Self::from_error(error),
        };
        if !values.iter().any(is_expression) {
            return Self::compare(name, operator, Ok(Bson::Array(values)));
        }
        // in a list, the server rejects operators and applies patterns
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

        impl<M, T, N> TypedPath<M, T, N> {
            $($(#[$doc])*
            pub fn $method(self, value: impl Operand<T>) -> Filter<M>
            where
                N: Filterable,
            {
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
    /// Matches values equal to this one. `None` also matches a missing field.
    eq "$eq",
    /// Matches values not equal to this one, and missing fields. For `None`, missing fields don't match.
    ne "$ne",
    /// Matches values greater than this one.
    gt "$gt",
    /// Matches values greater than or equal to this one.
    gte "$gte",
    /// Matches values less than this one.
    lt "$lt",
    /// Matches values less than or equal to this one.
    lte "$lte",
}

macro_rules! lists {
    ($([$($generics:tt)*] $target:ty $(where $n:ident)?;)*) => { $(
        impl<$($generics)*> $target {
            /// Matches values equal to one of these. An empty list matches nothing.
            pub fn is_in<I>(self, values: I) -> Filter<M>
            where
                $($n: Filterable,)?
                I: IntoIterator<Item: Operand<T>>,
            {
                Filter::among(self.name(), "$in", self.encode_all(values).into_iter())
            }

            /// Matches values equal to none of these, and missing fields.
            pub fn not_in<I>(self, values: I) -> Filter<M>
            where
                $($n: Filterable,)?
                I: IntoIterator<Item: Operand<T>>,
            {
                Filter::among(self.name(), "$nin", self.encode_all(values).into_iter())
            }

            fn encode_all<I>(&self, values: I) -> Vec<Result<Bson, EncodeError>>
            where
                I: IntoIterator<Item: Operand<T>>,
            {
                values.into_iter().map(|value| self.encode(&value.into_operand())).collect()
            }

            /// Matches arrays that contain this item.
            pub fn contains<O>(self, item: O) -> Filter<M>
            where
                $($n: Filterable,)?
                T: Array,
                O: Operand<T::Item>,
            {
                Filter::compare(self.name(), "$eq", self.encode_item(item.into_operand()))
            }

            /// Matches arrays that contain all these items.
            pub fn contains_all<I>(self, items: I) -> Filter<M>
            where
                $($n: Filterable,)?
                T: Array,
                I: IntoIterator<Item: Operand<T::Item>>,
            {
                let items = items.into_iter().map(|item| self.encode_item(item.into_operand()));
                Filter::among(self.name(), "$all", items)
            }
        }
    )* };
}
lists! {
    [M, T] Field<M, T>;
    [M, T, N] TypedPath<M, T, N> where N;
}

impl<M> Path<M> {
    /// Matches values equal to one of these. An empty list matches nothing.
    pub fn is_in<I>(self, values: I) -> Filter<M>
    where
        I: IntoIterator<Item: Serialize>,
    {
        let values = values.into_iter().map(|value| bson::encode(&value));
        Filter::among(self.name(), "$in", values)
    }

    /// Matches values equal to none of these, and missing fields.
    pub fn not_in<I>(self, values: I) -> Filter<M>
    where
        I: IntoIterator<Item: Serialize>,
    {
        let values = values.into_iter().map(|value| bson::encode(&value));
        Filter::among(self.name(), "$nin", values)
    }

    /// Matches arrays that contain this item.
    pub fn contains(self, item: impl Serialize) -> Filter<M> {
        Filter::compare(self.name(), "$eq", bson::encode(&item))
    }

    /// Matches arrays that contain all these items.
    pub fn contains_all<I>(self, items: I) -> Filter<M>
    where
        I: IntoIterator<Item: Serialize>,
    {
        let items = items.into_iter().map(|item| bson::encode(&item));
        Filter::among(self.name(), "$all", items)
    }
}

macro_rules! shapes {
    ($([$($generics:tt)*] $target:ty $(where $n:ident)?;)*) => { $(
        impl<$($generics)*> $target {
            /// Matches null and missing fields. To find all other documents, write `!field.is_null()`.
            pub fn is_null(self) -> Filter<M> $(where $n: Filterable)? {
                Filter::compare(self.name(), "$eq", Ok(Bson::Null))
            }

            /// Matches documents that have the field, even if it is null.
            pub fn exists(self) -> Filter<M> $(where $n: Filterable)? {
                Filter::compare(self.name(), "$exists", Ok(Bson::Boolean(true)))
            }

            /// Matches strings by a regular expression (PCRE), and arrays with such a string.
            ///
            /// Options are part of the pattern, for example `(?i)^ada`. Values that aren't stored as strings don't
            /// match.
            pub fn regex(self, pattern: impl Into<String>) -> Filter<M> $(where $n: Filterable)? {
                Filter::compare(self.name(), "$regex", Ok(Bson::String(pattern.into())))
            }
        }
    )* };
}
shapes! {
    [M, T] Field<M, T>;
    [M, T, N] TypedPath<M, T, N> where N;
    [M] Path<M>;
}

impl<M, T> Field<M, T> {
    /// Matches arrays with exactly this number of items.
    pub fn len(self, items: u32) -> Filter<M>
    where
        T: Array,
    {
        Filter::compare(self.name(), "$size", Ok(Bson::Int64(items.into())))
    }
}

impl<M, T, N> TypedPath<M, T, N> {
    /// Matches arrays with exactly this number of items.
    pub fn len(self, items: u32) -> Filter<M>
    where
        N: Filterable,
        T: Array,
    {
        Filter::compare(self.name(), "$size", Ok(Bson::Int64(items.into())))
    }
}

impl<M> Path<M> {
    /// Matches arrays with exactly this number of items.
    pub fn len(self, items: u32) -> Filter<M> {
        Filter::compare(self.name(), "$size", Ok(Bson::Int64(items.into())))
    }
}
