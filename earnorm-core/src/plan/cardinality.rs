//! The cardinality of a relation, and the type of its loaded value.

use std::any::Any;
use std::sync::Arc;

use super::found::{Indices, hand_out};
use super::value::Shared;

/// How many related documents a document has, and in which type they are loaded.
#[doc(hidden)]
pub trait Cardinality: Send + Sync + 'static {
    /// The loaded value.
    type Value<R: Send + Sync + 'static>: Send + Sync + 'static;
    /// What [`Erased::related`](super::Erased::related) returns.
    type Seen<'a, R: 'a>;
    fn seen<R: 'static>(value: &dyn Any) -> Option<Self::Seen<'_, R>>;
    /// Whether several parents can have the same document.
    const SHARED: bool;
    /// Whether a parent has at most one.
    const ONE: bool;
    /// Distributes the rows to their parents: `of` has the indices of each parent's rows.
    fn hand_out<R: Send + Sync + 'static>(rows: impl Iterator<Item = R>, of: Vec<Indices>) -> Vec<Self::Value<R>>;
}

#[doc(hidden)]
pub struct Many;

impl Cardinality for Many {
    type Value<R: Send + Sync + 'static> = Vec<R>;
    type Seen<'a, R: 'a> = &'a [R];
    const SHARED: bool = false;
    const ONE: bool = false;

    fn seen<R: 'static>(value: &dyn Any) -> Option<&[R]> {
        value.downcast_ref::<Vec<R>>().map(Vec::as_slice)
    }

    fn hand_out<R: Send + Sync + 'static>(rows: impl Iterator<Item = R>, of: Vec<Indices>) -> Vec<Vec<R>> {
        hand_out(rows, of)
    }
}

#[doc(hidden)]
pub struct One;

impl Cardinality for One {
    type Value<R: Send + Sync + 'static> = Option<R>;
    type Seen<'a, R: 'a> = Option<&'a R>;
    const SHARED: bool = false;
    const ONE: bool = true;

    fn seen<R: 'static>(value: &dyn Any) -> Option<Option<&R>> {
        value.downcast_ref::<Option<R>>().map(Option::as_ref)
    }

    fn hand_out<R: Send + Sync + 'static>(rows: impl Iterator<Item = R>, of: Vec<Indices>) -> Vec<Option<R>> {
        let lists = Many::hand_out(rows, of).into_iter();
        lists.map(|list| list.into_iter().next()).collect()
    }
}

#[doc(hidden)]
pub struct SharedOne;

impl Cardinality for SharedOne {
    type Value<R: Send + Sync + 'static> = Shared<R>;
    type Seen<'a, R: 'a> = Option<&'a R>;
    const SHARED: bool = true;
    const ONE: bool = true;

    fn seen<R: 'static>(value: &dyn Any) -> Option<Option<&R>> {
        value.downcast_ref::<Shared<R>>().map(Shared::get)
    }

    fn hand_out<R: Send + Sync + 'static>(rows: impl Iterator<Item = R>, of: Vec<Indices>) -> Vec<Shared<R>> {
        let rows: Vec<Arc<R>> = rows.map(Arc::new).collect();
        of.into_iter().map(|list| Shared(list.first().map(|index| Arc::clone(&rows[*index])))).collect()
    }
}
