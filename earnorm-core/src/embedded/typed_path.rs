//! Paths into embedded documents whose value has a known type.

use std::fmt;
use std::marker::PhantomData;

use mongodb::bson::{Bson, Document};

use super::container::{EmbeddedField, Multiple, Single};
use super::field::{Embeds, Flattened};
use crate::bson::EncodeError;
use crate::field::{Decoder, Field, encode_item};
use crate::{Array, Path};

/// A path from `M` into its embedded documents, to a value of the type `T`: `Order::LINES.at(Line::QUANTITY)`.
///
/// It has the conditions and changes of a [`Field`]. `N` says which elements of arrays it leads to:
///
/// * through no array: it has conditions and changes;
/// * through an array ([`Field::at`] on the array): it has conditions. One matches if any element matches;
/// * through the selected elements of an array ([`Field::each`], [`Field::each_where`]): it has changes.
///
/// ```
/// use earnorm::prelude::*;
///
/// # #[derive(Serialize, Deserialize, Embedded)]
/// # struct Line { sku: String, quantity: i32 }
/// # #[derive(Serialize, Deserialize, Embedded)]
/// # struct Address { city: String }
/// # #[derive(Serialize, Deserialize, Model)]
/// # struct Order {
/// #     #[serde(rename = "_id")] id: ObjectId,
/// #     #[model(embedded)] lines: Vec<Line>,
/// #     #[model(embedded)] address: Option<Address>,
/// # }
/// let large = Order::find(Order::LINES.at(Line::QUANTITY).gt(3) & Order::ADDRESS.at(Address::CITY).eq("Rome"));
/// let sorted = Order::find_all().order_by(Order::ADDRESS.at(Address::CITY).asc());
/// let update = Order::LINES.each_where(Line::SKU.eq("x")).at(Line::QUANTITY).inc(1);
/// ```
pub struct TypedPath<M, T, N> {
    pub(crate) name: String,
    encode: fn(&T) -> Result<Bson, EncodeError>,
    decode: Option<Decoder<T>>,
    omits: fn(&T) -> bool,
    /// The filters for the selected elements, which the name refers to as `$[e0]`, `$[e1]` and so on.
    pub(crate) elements: Vec<Document>,
    /// A mistake in the filter of the selected elements.
    pub(crate) error: Option<EncodeError>,
    types: PhantomData<fn() -> (M, N)>,
}

impl<M, T, N> Clone for TypedPath<M, T, N> {
    fn clone(&self) -> Self {
        let (name, elements, error) = (self.name.clone(), self.elements.clone(), self.error.clone());
        Self { name, encode: self.encode, decode: self.decode, omits: self.omits, elements, error, types: PhantomData }
    }
}

impl<M, T, N> fmt::Debug for TypedPath<M, T, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TypedPath").field(&self.name).finish()
    }
}

impl<M, T, N> TypedPath<M, T, N> {
    /// The path to a field of the embedded documents that `at` leads to.
    fn inside<O, E, K>(at: TypedPath<M, O, K>, field: &Field<E, T>) -> Self {
        Self {
            name: dotted(&at.name, field.name()),
            encode: field.encoder(),
            decode: field.decoder(),
            omits: field.omitter(),
            elements: at.elements,
            error: at.error,
            types: PhantomData,
        }
    }

    /// The path with dots, such as `lines.quantity`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Extends the path: by a field of the embedded document, or by a stored name or an index, as
    /// [`Field::at`] does.
    pub fn at<S: PathSegment<M, T, N>>(self, segment: S) -> S::Path {
        segment.extend(self)
    }

    /// The elements of an array in this path that `filter` selects.
    pub(crate) fn select<E>(self, filter: Result<Document, EncodeError>) -> TypedPath<M, E, Selected>
    where
        E: serde::Serialize,
    {
        let mut path = TypedPath {
            name: format!("{}.$[e{}]", self.name, self.elements.len()),
            encode: crate::bson::encode::<E>,
            decode: None,
            omits: |_| false,
            elements: self.elements,
            error: self.error,
            types: PhantomData,
        };
        match filter {
            Ok(filter) => path.elements.push(filter),
            Err(error) => path.error = path.error.or(Some(error)),
        }
        path
    }

    pub(crate) fn encode(&self, value: &T) -> Result<Bson, EncodeError> {
        (self.encode)(value)
    }

    pub(crate) fn decoder(&self) -> Option<Decoder<T>> {
        self.decode
    }

    pub(crate) fn encode_item(&self, item: T::Item) -> Result<Bson, EncodeError>
    where
        T: Array,
    {
        encode_item(self.encode, &self.name, item)
    }

    pub(crate) fn omits(&self, value: &T) -> bool {
        (self.omits)(value)
    }
}

impl<M, T> From<Field<M, T>> for TypedPath<M, T, Single> {
    fn from(field: Field<M, T>) -> Self {
        Self {
            name: field.name().to_owned(),
            encode: field.encoder(),
            decode: field.decoder(),
            omits: field.omitter(),
            elements: Vec::new(),
            error: None,
            types: PhantomData,
        }
    }
}

/// `outer.inner`; only `inner` if `outer` is the empty name of a flattened field.
fn dotted(outer: &str, inner: &str) -> String {
    if outer.is_empty() { inner.to_owned() } else { format!("{outer}.{inner}") }
}

/// A path through the selected elements of an array.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct Selected;

/// A path through the selected elements of an array, and then through another array whose elements aren't selected.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct Unselected;

/// A path that can be changed.
#[diagnostic::on_unimplemented(
    message = "this path leads through an array, and doesn't say which of its elements to change",
    label = "which elements?",
    note = "write `Order::LINES.each_where(Line::SKU.eq(\"x\")).at(Line::QUANTITY)`, or `.each()` for all elements"
)]
pub trait Settable {}

impl Settable for Single {}
impl Settable for Selected {}

/// A path that can have conditions.
#[diagnostic::on_unimplemented(
    message = "a path to selected elements can only be changed",
    label = "not a path that can be in a filter or an order",
    note = "in a filter, write `Order::LINES.at(Line::QUANTITY)`, or `Order::LINES.any(..)` for several conditions on one element"
)]
pub trait Filterable {}

impl Filterable for Single {}
impl Filterable for Multiple {}

/// How a path continues through a field that holds `N` embedded documents.
#[doc(hidden)]
pub trait Combine<N> {
    type Path;
}

impl<N> Combine<N> for Single {
    type Path = N;
}

impl<N> Combine<N> for Multiple {
    type Path = Self;
}

impl Combine<Single> for Selected {
    type Path = Self;
}

impl Combine<Multiple> for Selected {
    type Path = Unselected;
}

impl<N> Combine<N> for Unselected {
    type Path = Self;
}

/// What can follow in a path to a value of the type `T`: a field of its embedded documents; or, without a type, a stored
/// name or the index of an element.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a path inside a `{T}`",
    label = "not inside a `{T}`",
    note = "write a field of the embedded document, as in `Order::LINES.at(Line::QUANTITY)`, or a stored name, as in `User::ADDRESS.at(\"city\")`"
)]
pub trait PathSegment<M, T, N = Single> {
    /// The longer path.
    type Path;
    #[doc(hidden)]
    fn extend(self, path: TypedPath<M, T, N>) -> Self::Path;
}

#[diagnostic::do_not_recommend]
impl<M, T, N: Filterable, D: fmt::Display> PathSegment<M, T, N> for D {
    type Path = Path<M>;

    fn extend(self, path: TypedPath<M, T, N>) -> Path<M> {
        Path::named(format!("{}.{self}", path.name))
    }
}

#[diagnostic::do_not_recommend]
impl<M, T: EmbeddedField, N: Combine<T::Count>, U> PathSegment<M, T, N> for Field<T::Record, U> {
    type Path = TypedPath<M, U, N::Path>;

    fn extend(self, path: TypedPath<M, T, N>) -> Self::Path {
        TypedPath::inside(path, &self)
    }
}

#[diagnostic::do_not_recommend]
impl<M, T: EmbeddedField, N: Combine<T::Count>, U, I> PathSegment<M, T, N> for Embeds<T::Record, U, I> {
    type Path = TypedPath<M, U, N::Path>;

    fn extend(self, path: TypedPath<M, T, N>) -> Self::Path {
        TypedPath::inside(path, &self)
    }
}

impl<M, T> Field<M, T> {
    /// A path inside this field.
    ///
    /// The segment is a field of an embedded document, such as `Order::BILLING.at(Party::NAME)`, and the result a
    /// [`TypedPath`]. The field's type can be any that derives `Embedded`, or an `Option` or an array of it.
    ///
    /// Or it is a stored name, such as `User::ADDRESS.at("city")`, the index of an array's item, such as
    /// `Post::TAGS.at(0)`, or several of them separated by dots. The result is then a [`Path`], whose values have no
    /// known type.
    ///
    /// # Errors
    ///
    /// An update by a name that begins with `$` is an [`Error::Encode`](crate::Error::Encode): the server would read `$[]`
    /// as all items of an array.
    pub fn at<S: PathSegment<M, T>>(self, segment: S) -> S::Path {
        segment.extend(self.into())
    }
}

impl<M, T, I> Flattened<M, T, I> {
    /// The path to a field of the flattened embedded document.
    pub fn at<S: PathSegment<M, T>>(self, segment: S) -> S::Path {
        let path = TypedPath {
            name: String::new(),
            encode: |_| Ok(Bson::Null),
            decode: None,
            omits: |_| false,
            elements: Vec::new(),
            error: None,
            types: PhantomData,
        };
        segment.extend(path)
    }
}
