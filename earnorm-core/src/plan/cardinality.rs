//! How many documents a relation has, and what is made of them.

use std::any::Any;
use std::sync::Arc;

use super::found::hand_out;
use super::view::Shared;

/// How many documents a relation has of one, and so what is made of them.
#[doc(hidden)]
pub trait Cardinality: Send + Sync + 'static {
    type Value<R: Send + Sync>: Send + Sync;
    /// How an erased document's are read: see [`Erased::related`].
    type Seen<'a, R: 'a>;
    fn seen<R: 'static>(value: &dyn Any) -> Option<Self::Seen<'_, R>>;
    /// Whether one document may be several parents'.
    const SHARED: bool;
    /// Whether a parent has no more than one.
    const ONE: bool;
    /// What each parent gets: `of` says which of the rows.
    fn hand_out<R: Send + Sync>(rows: impl Iterator<Item = R>, of: Vec<Vec<usize>>) -> Vec<Self::Value<R>>;
}

#[doc(hidden)]
pub struct Many;

impl Cardinality for Many {
    type Value<R: Send + Sync> = Vec<R>;
    type Seen<'a, R: 'a> = &'a [R];
    const SHARED: bool = false;
    const ONE: bool = false;

    fn seen<R: 'static>(value: &dyn Any) -> Option<&[R]> {
        value.downcast_ref::<Vec<R>>().map(Vec::as_slice)
    }

    fn hand_out<R: Send + Sync>(rows: impl Iterator<Item = R>, of: Vec<Vec<usize>>) -> Vec<Vec<R>> {
        hand_out(rows, of)
    }
}

#[doc(hidden)]
pub struct One;

impl Cardinality for One {
    type Value<R: Send + Sync> = Option<R>;
    type Seen<'a, R: 'a> = Option<&'a R>;
    const SHARED: bool = false;
    const ONE: bool = true;

    fn seen<R: 'static>(value: &dyn Any) -> Option<Option<&R>> {
        value.downcast_ref::<Option<R>>().map(Option::as_ref)
    }

    fn hand_out<R: Send + Sync>(rows: impl Iterator<Item = R>, of: Vec<Vec<usize>>) -> Vec<Option<R>> {
        let lists = Many::hand_out(rows, of).into_iter();
        lists.map(|list| list.into_iter().next()).collect()
    }
}

#[doc(hidden)]
pub struct SharedOne;

impl Cardinality for SharedOne {
    type Value<R: Send + Sync> = Shared<R>;
    type Seen<'a, R: 'a> = Option<&'a R>;
    const SHARED: bool = true;
    const ONE: bool = true;

    fn seen<R: 'static>(value: &dyn Any) -> Option<Option<&R>> {
        value.downcast_ref::<Shared<R>>().map(Shared::get)
    }

    fn hand_out<R: Send + Sync>(rows: impl Iterator<Item = R>, of: Vec<Vec<usize>>) -> Vec<Shared<R>> {
        let rows: Vec<Arc<R>> = rows.map(Arc::new).collect();
        of.into_iter().map(|list| Shared(list.first().map(|index| Arc::clone(&rows[*index])))).collect()
    }
}
