//! Conditions on documents of one model.

use std::fmt;
use std::marker::PhantomData;
use std::ops::{BitAnd, BitOr, Not};

use mongodb::bson::{Bson, Document, doc};
use serde::Serialize;

use crate::encoding::{self, EncodeError};
use crate::store::{self, is_expression};
use crate::{Array, Field, Operand, Path, Text, nesting};

/// A condition on documents of the model `M`: made by the methods of [`Field`], or from a [`Document`].
///
/// Conditions combine with `&`, `|` and `!`, and are never merged key by key, so none can replace another. An `Option` of a
/// condition is a condition too. Every document fulfils `None`, so `a | None` matches every document.
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
    /// How many documents and lists lie in each other. It is counted as conditions combine, so that they do in linear time.
    depth: usize,
    error: Option<EncodeError>,
    model: PhantomData<fn() -> M>,
}

impl<M> Clone for Filter<M> {
    fn clone(&self) -> Self {
        Self { document: self.document.clone(), depth: self.depth, error: self.error.clone(), model: PhantomData }
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
        match nesting::checked(document) {
            Ok((document, depth)) => Self::nested(document, depth, None),
            Err(error) => Self::failed(error),
        }
    }
}

impl<M, F: Into<Filter<M>>> From<Option<F>> for Filter<M> {
    /// Every document fulfils `None`.
    fn from(filter: Option<F>) -> Self {
        filter.map_or_else(Self::default, Into::into)
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
        Self::nested(Document::new(), 1, Some(error))
    }

    fn nested(document: Document, depth: usize, error: Option<EncodeError>) -> Self {
        let error = error.or_else(|| (depth > nesting::MOST).then(nesting::too_deep));
        Self { document, depth, error, model: PhantomData }
    }

    /// The depth that it has as a part of a list under an operator, which what is such a list already becomes a part of.
    fn depth_within(&self, operator: &str) -> usize {
        let is_list = self.document.len() == 1 && matches!(self.document.get(operator), Some(Bson::Array(_)));
        if is_list { self.depth } else { self.depth + 2 }
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
        let each = values.into_iter().map(|value| store::equal(name, value));
        doc! { joined: each.collect::<Vec<_>>() }.into()
    }

    /// What is a list already is moved and grows, so that conditions fold in linear time.
    fn join(operator: &str, mut a: Self, mut b: Self) -> Self {
        if a.error.is_some() || b.error.is_some() {
            return Self::nested(a.document, a.depth, a.error.take().or(b.error.take()));
        }
        let depth = a.depth_within(operator).max(b.depth_within(operator));
        let mut parts = into_parts(a.document, operator);
        parts.append(&mut into_parts(b.document, operator));
        // a `Vec` is made anew on its way into a `Bson`
        Self::nested(doc! { operator: Bson::Array(parts) }, depth, None)
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
    // both are of filters, so nothing is to be checked, and nothing may be refused
    let unchecked = |document| Filter::<()>::nested(document, 1, None);
    (unchecked(one) & unchecked(other)).document
}

impl<M, F: Into<Filter<M>>> BitAnd<F> for Filter<M> {
    type Output = Self;

    fn bitand(mut self, other: F) -> Self {
        let other = other.into();
        if self.error.is_some() || other.error.is_some() {
            return Self::join("$and", self, other);
        }
        let apart = disjoint(&self.document, &other.document);
        if !apart && (self.document.len() == 1 || !self.document.contains_key("$and")) {
            return Self::join("$and", self, other);
        }
        let mut depth = self.depth.max(other.depth);
        match self.document.get_mut("$and") {
            // what is there beside the list stays there: a fold is no deeper than one condition
            Some(Bson::Array(list)) if !apart => {
                depth = self.depth.max(other.depth_within("$and"));
                list.append(&mut into_parts(other.document, "$and"));
            }
            _ if !apart => return Self::join("$and", self, other),
            _ => self.document.extend(other.document),
        }
        Self::nested(self.document, depth, None)
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
        if self.error.is_some() {
            return self;
        }
        if let (1, Some(Bson::Array(list))) = (self.document.len(), self.document.get_mut("$nor"))
            && matches!(list.as_slice(), [Bson::Document(_)])
            && let Some(Bson::Document(twice)) = list.pop()
        {
            return Self::nested(twice, self.depth - 2, None);
        }
        Self::nested(doc! { "$nor": [self.document] }, self.depth + 2, None)
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

/// Text that a pattern takes as it is.
fn escaped(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len() + 1);
    for c in text.chars() {
        match c {
            // a pattern ends at one
            '\0' => pattern.push_str("\\x00"),
            '\\' | '.' | '+' | '*' | '?' | '(' | ')' | '|' | '[' | ']' | '{' | '}' | '^' | '$' => {
                pattern.extend(['\\', c]);
            }
            c => pattern.push(c),
        }
    }
    pattern
}

macro_rules! texts {
    ($([$($generics:ident),*] $target:ty $(where $t:ident)?;)*) => { $(
        impl<$($generics),*> $target {
            /// Text that begins with this, letter for letter. It is sent as an anchored pattern, for which the server reads
            /// the part of an index that begins with it.
            ///
            /// Collations don't apply: `A` and `a` differ in every collection.
            ///
            /// ```
            /// # use earnorm::prelude::*;
            /// # #[derive(Serialize, Deserialize, Model)]
            /// # struct File { #[serde(rename = "_id")] id: ObjectId, path: String }
            /// assert_eq!(File::PATH.starts_with("/srv/a.b").to_string(), r#"{ "path": { "$regex": "^/srv/a\.b" } }"#);
            /// ```
            pub fn starts_with(self, text: impl AsRef<str>) -> Filter<M> $(where $t: Text)? {
                self.regex(format!("^{}", escaped(text.as_ref())))
            }

            /// Text that has this in it, letter for letter. The server examines every value, of an index if there is one.
            ///
            /// Collations don't apply: `A` and `a` differ in every collection. To find words in any form and case, use a
            /// text index.
            pub fn contains_text(self, text: impl AsRef<str>) -> Filter<M> $(where $t: Text)? {
                self.regex(escaped(text.as_ref()))
            }
        }
    )* };
}
texts! {
    [M, T] Field<M, T> where T;
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
