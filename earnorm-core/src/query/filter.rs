//! Conditions on documents of one model.

use std::fmt;
use std::marker::PhantomData;
use std::ops::{BitAnd, BitOr, Not};

use mongodb::bson::{Bson, Document, doc};
use serde::Serialize;

use crate::encoding::{self, EncodeError};
use crate::store::{self, is_expression};
use crate::{Array, Field, Operand, Path};

/// A condition on documents of the model `M`: made by the methods of [`Field`], or from a [`Document`].
///
/// Conditions combine with `&`, `|` and `!`, and are never merged key by key, so none can replace another.
///
/// ```
/// use earnorm::prelude::*;
/// use earnorm::Filter;
///
/// # #[derive(Serialize, Deserialize, Model)]
/// # struct User { #[serde(rename = "_id")] id: ObjectId, name: String, age: Option<u32> }
/// let filter: Filter<User> = User::AGE.gte(18) & !User::NAME.regex("^A");
/// assert_eq!(
///     filter.to_string(),
///     r#"{ "age": { "$gte": 18 }, "$nor": [{ "name": { "$regex": "^A" } }] }"#,
/// );
/// ```
pub struct Filter<M> {
    document: Document,
    error: Option<EncodeError>,
    model: PhantomData<fn() -> M>,
}

impl<M> Clone for Filter<M> {
    fn clone(&self) -> Self {
        Self { document: self.document.clone(), error: self.error.clone(), model: PhantomData }
    }
}

impl<M> Default for Filter<M> {
    fn default() -> Self {
        Document::new().into()
    }
}

impl<M> fmt::Debug for Filter<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Filter({self})")
    }
}

impl<M> fmt::Display for Filter<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.error {
            Some(error) => write!(f, "{error}"),
            None => self.document.fmt(f),
        }
    }
}

impl<M> From<Document> for Filter<M> {
    fn from(document: Document) -> Self {
        Self { document, error: None, model: PhantomData }
    }
}

impl<M> Filter<M> {
    pub(crate) fn document(&self) -> Result<&Document, EncodeError> {
        match &self.error {
            Some(error) => Err(error.clone()),
            None => Ok(&self.document),
        }
    }

    fn failed(error: EncodeError) -> Self {
        Self { error: Some(error), ..Self::default() }
    }

    /// The value itself where that can't be taken for an operator or a pattern, `$eq` where it could.
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
        // in a list the server refuses what looks like an operator, and takes a pattern for one
        let joined = match operator {
            "$in" => "$or",
            "$nin" => "$nor",
            _ => "$and",
        };
        let each = values.into_iter().map(|value| Self::equal(name, value).document);
        doc! { joined: each.collect::<Vec<_>>() }.into()
    }

    /// What is a list already is moved and grows, so that conditions fold in linear time.
    fn join(operator: &str, mut a: Self, mut b: Self) -> Self {
        let error = a.error.take().or(b.error.take());
        let mut parts = into_parts(a.document, operator);
        parts.append(&mut into_parts(b.document, operator));
        // a `Vec` is made anew on its way into a `Bson`
        Self { error, ..doc! { operator: Bson::Array(parts) }.into() }
    }
}

/// The conditions of `{ operator: [..] }`, or the document as the only one.
fn into_parts(mut document: Document, operator: &str) -> Vec<Bson> {
    if document.len() != 1 {
        return vec![Bson::Document(document)];
    }
    match document.remove(operator) {
        Some(Bson::Array(list)) => list,
        Some(other) => vec![Bson::Document(doc! { operator: other })],
        None => vec![Bson::Document(document)],
    }
}

/// Whether two documents can stand side by side in one with the same meaning.
fn disjoint(a: &Document, b: &Document) -> bool {
    let (fewer, more) = if a.len() < b.len() { (a, b) } else { (b, a) };
    fewer.keys().all(|key| !more.contains_key(key))
}

/// Conditions side by side, as filters are.
pub(super) fn both(one: Document, other: Document) -> Document {
    (Filter::<()>::from(one) & other).document
}

impl<M, F: Into<Filter<M>>> BitAnd<F> for Filter<M> {
    type Output = Self;

    fn bitand(mut self, other: F) -> Self {
        let mut other = other.into();
        let apart = disjoint(&self.document, &other.document);
        if !apart && (self.document.len() == 1 || !self.document.contains_key("$and")) {
            return Self::join("$and", self, other);
        }
        self.error = self.error.take().or(other.error.take());
        match self.document.get_mut("$and") {
            // what is there beside the list stays there: a fold is no deeper than one condition
            Some(Bson::Array(list)) if !apart => list.append(&mut into_parts(other.document, "$and")),
            _ if !apart => return Self::join("$and", self, other),
            _ => self.document.extend(other.document),
        }
        self
    }
}

impl<M, F: Into<Filter<M>>> BitOr<F> for Filter<M> {
    type Output = Self;

    fn bitor(self, other: F) -> Self {
        Self::join("$or", self, other.into())
    }
}

impl<M> Not for Filter<M> {
    type Output = Self;

    fn not(mut self) -> Self {
        let error = self.error.take();
        Self { error, ..doc! { "$nor": [self.document] }.into() }
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
                Filter::compare(self.name(), $operator, encoding::encode(&value))
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
        let values = values.into_iter().map(|value| encoding::encode(&value));
        Filter::among(self.name(), "$in", values)
    }

    /// Equal to none of the values, or missing.
    pub fn not_in<I>(self, values: I) -> Filter<M>
    where
        I: IntoIterator<Item: Serialize>,
    {
        let values = values.into_iter().map(|value| encoding::encode(&value));
        Filter::among(self.name(), "$nin", values)
    }

    /// An array with this item.
    pub fn contains(self, item: impl Serialize) -> Filter<M> {
        Filter::compare(self.name(), "$eq", encoding::encode(&item))
    }

    /// An array with all these items.
    pub fn contains_all<I>(self, items: I) -> Filter<M>
    where
        I: IntoIterator<Item: Serialize>,
    {
        let items = items.into_iter().map(|item| encoding::encode(&item));
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
