//! The order of results.

use std::fmt;
use std::marker::PhantomData;

use mongodb::bson::Document;

use super::condition::Counting;
use super::into::conversion;
use crate::embedded::{Filterable, TypedPath};
use crate::error::Refusal;
use crate::{Field, Path};

/// An order of documents of the model `M`.
///
/// [`Field::asc`] and [`Field::desc`] create one. Tuples and lists of orders, and a [`Document`], convert into one.
///
/// ```
/// use earnorm::prelude::*;
///
/// # #[derive(Serialize, Deserialize, Model)]
/// # struct User { #[serde(rename = "_id")] id: ObjectId, name: String, age: Option<u32> }
/// let query = User::find_all().order_by((User::AGE.desc(), User::NAME.asc()));
/// ```
pub struct Sort<M> {
    pub(crate) keys: Document,
    /// The keys that are computed, by their names in `keys`.
    pub(crate) computed: Vec<(String, OrderKey)>,
    /// A mistake in a computed key, which is reported when the query runs.
    pub(crate) refusal: Option<Refusal>,
    pub(crate) model: PhantomData<fn() -> M>,
}

impl<M> Clone for Sort<M> {
    fn clone(&self) -> Self {
        let (keys, computed, refusal) = (self.keys.clone(), self.computed.clone(), self.refusal.clone());
        Self { keys, computed, refusal, model: PhantomData }
    }
}

impl<M> fmt::Debug for Sort<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sort({})", self.keys)
    }
}

impl<M> From<Document> for Sort<M> {
    fn from(keys: Document) -> Self {
        Self { keys, computed: Vec::new(), refusal: None, model: PhantomData }
    }
}

impl<M> FromIterator<Sort<M>> for Sort<M> {
    fn from_iter<I: IntoIterator<Item = Sort<M>>>(sorts: I) -> Self {
        let mut all = Self::from(Document::new());
        for mut sort in sorts {
            all.refusal = all.refusal.or(sort.refusal);
            // the first key with a name decides; a later one would have no effect
            for (name, direction) in sort.keys {
                if let Some(place) = sort.computed.iter().position(|(computed, _)| *computed == name) {
                    let name = key_name(all.computed.len());
                    all.keys.insert(name.clone(), direction);
                    all.computed.push((name, sort.computed.swap_remove(place).1));
                } else if !all.keys.contains_key(&name) {
                    all.keys.insert(name, direction);
                }
            }
        }
        all
    }
}

impl<M, S: Into<Sort<M>>> From<Option<S>> for Sort<M> {
    /// `None` adds no key.
    fn from(sort: Option<S>) -> Self {
        sort.map_or_else(|| Document::new().into(), Into::into)
    }
}

impl<M, const N: usize> From<[Sort<M>; N]> for Sort<M> {
    fn from(sorts: [Sort<M>; N]) -> Self {
        sorts.into_iter().collect()
    }
}

impl<M> From<Vec<Sort<M>>> for Sort<M> {
    fn from(sorts: Vec<Sort<M>>) -> Self {
        sorts.into_iter().collect()
    }
}

macro_rules! tuples {
    ($(($($sort:ident)+))*) => { $(
        impl<M, $($sort: Into<Sort<M>>),+> From<($($sort,)+)> for Sort<M> {
            fn from(sorts: ($($sort,)+)) -> Self {
                #[allow(non_snake_case, reason = "a tuple's fields are named as their types")]
                let ($($sort,)+) = sorts;
                [$($sort.into()),+].into()
            }
        }
    )* };
}
tuples! { (A) (A B) (A B C) (A B C D) (A B C D E) (A B C D E F) }

/// A key of an order: the number of related documents within a window.
#[derive(Debug, Clone)]
pub(crate) struct OrderKey {
    pub(crate) counting: Counting,
    pub(crate) skip: u64,
    pub(crate) limit: Option<u64>,
}

/// What the name of a computed key begins with.
const KEY: &str = "__earnorm_order_";

pub(super) fn key_name(number: usize) -> String {
    format!("{KEY}{number}")
}

fn key<M>(name: &str, direction: i32) -> Sort<M> {
    let mut keys = Document::new();
    keys.insert(name, direction);
    keys.into()
}

impl<M, T> Field<M, T> {
    /// Ascending order. Nulls and missing fields come first.
    pub fn asc(self) -> Sort<M> {
        key(self.name(), 1)
    }

    /// Descending order. Nulls and missing fields come last.
    pub fn desc(self) -> Sort<M> {
        key(self.name(), -1)
    }
}

impl<M, T, N> TypedPath<M, T, N> {
    /// Ascending order. Nulls and missing fields come first. An array is sorted by its smallest element.
    pub fn asc(self) -> Sort<M>
    where
        N: Filterable,
    {
        key(self.name(), 1)
    }

    /// Descending order. Nulls and missing fields come last. An array is sorted by its greatest element.
    pub fn desc(self) -> Sort<M>
    where
        N: Filterable,
    {
        key(self.name(), -1)
    }
}

impl<M> Path<M> {
    /// Ascending order. Nulls and missing fields come first.
    pub fn asc(self) -> Sort<M> {
        key(self.name(), 1)
    }

    /// Descending order. Nulls and missing fields come last.
    pub fn desc(self) -> Sort<M> {
        key(self.name(), -1)
    }
}

conversion! {
    /// An order of documents of `M`: what converts into a [`Sort<M>`].
    #[diagnostic::on_unimplemented(
        message = "`{Self}` is not an order of `{M}`",
        label = "not an order of `{M}`",
        note = "write a field of `{M}` with a direction (`{M}::ID.asc()`), a tuple of several, or a document"
    )]
    IntoSort into_sort Sort;
}
