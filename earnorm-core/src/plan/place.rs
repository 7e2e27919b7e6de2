//! The place of a relation among the loaded values of a row.
//!
//! Each relation of a model has a number. The compiler compares these numbers to find a relation's value. A relation
//! that wasn't loaded is therefore one error with a readable message.

use std::borrow::Cow;
use std::marker::PhantomData;

use super::slot::Slot;
use super::value::Asked;
use crate::Relation;
use crate::embedded::Record;
use crate::schema::{KeyHolder, Next, Numbered, PartAt, RelationMetadata, Target, Zero};

/// The place of a relation's count, which differs from the place of the relation itself.
#[doc(hidden)]
pub struct CountAt<N>(PhantomData<N>);

#[doc(hidden)]
pub struct Yes;

#[doc(hidden)]
pub struct No;

/// Whether two places are the same: [`Yes`] or [`No`].
#[doc(hidden)]
pub trait Same<B> {
    type Output;
}

impl Same<Zero> for Zero {
    type Output = Yes;
}
impl<B> Same<Next<B>> for Zero {
    type Output = No;
}
impl<B> Same<CountAt<B>> for Zero {
    type Output = No;
}
impl<A> Same<Zero> for Next<A> {
    type Output = No;
}
impl<A: Same<B>, B> Same<Next<B>> for Next<A> {
    type Output = A::Output;
}
impl<A, B> Same<CountAt<B>> for Next<A> {
    type Output = No;
}
impl<A> Same<Zero> for CountAt<A> {
    type Output = No;
}
impl<A, B> Same<Next<B>> for CountAt<A> {
    type Output = No;
}
impl<A: Same<B>, B> Same<CountAt<B>> for CountAt<A> {
    type Output = A::Output;
}
impl<B, V> Same<PartAt<B, V>> for Zero {
    type Output = No;
}
impl<A, B, V> Same<PartAt<B, V>> for Next<A> {
    type Output = No;
}
impl<A, B, V> Same<PartAt<B, V>> for CountAt<A> {
    type Output = No;
}
impl<A, V> Same<Zero> for PartAt<A, V> {
    type Output = No;
}
impl<A, V, B> Same<Next<B>> for PartAt<A, V> {
    type Output = No;
}
impl<A, V, B> Same<CountAt<B>> for PartAt<A, V> {
    type Output = No;
}
impl<A: Same<B, Output = Q>, V, B, W, Q: And<V, W>> Same<PartAt<B, W>> for PartAt<A, V> {
    type Output = Q::Output;
}

/// Whether two parts are the same, if those of which they are parts are.
#[doc(hidden)]
pub trait And<V, W> {
    type Output;
}

impl<V: Same<W>, W> And<V, W> for Yes {
    type Output = V::Output;
}

impl<V, W> And<V, W> for No {
    type Output = No;
}

/// The place of an explicit include as the compiler sees it when another include is added: equal to no other place, so
/// the include is kept.
#[doc(hidden)]
pub struct ReplacesNothing;

impl<B> Same<B> for ReplacesNothing {
    type Output = No;
}

/// Whether a step replaces an include of a place, which an eager step does: [`Yes`] or [`No`].
#[doc(hidden)]
pub trait IsPlace {
    type Output;
}

impl IsPlace for ReplacesNothing {
    type Output = No;
}
impl IsPlace for Zero {
    type Output = Yes;
}
impl<N> IsPlace for Next<N> {
    type Output = Yes;
}
impl<N> IsPlace for CountAt<N> {
    type Output = Yes;
}
impl<N, V> IsPlace for PartAt<N, V> {
    type Output = Yes;
}

/// Something that a query can load at most once: a relation, or its count.
#[doc(hidden)]
pub trait Keyed: 'static {
    type Of: Record;
    type Place;
    /// Which model holds the key of the relation.
    const HOLDER: KeyHolder;
    /// The name of the relation.
    const RELATION: &'static str;
    /// Calls a function with the name under which the value is serialized.
    fn with_name<T>(f: impl FnOnce(&str) -> T) -> T;
}

impl<R: Relation> Keyed for R {
    type Of = R::Source;
    type Place = <R::Is as Numbered>::Place;
    const HOLDER: KeyHolder = R::META.holder;
    const RELATION: &'static str = R::META.name;
    fn with_name<T>(f: impl FnOnce(&str) -> T) -> T {
        f(&member(R::META))
    }
}

/// The name under which what a relation loads is serialized. The name of a relation to several models can be that of the
/// field with the key.
fn member(relation: &'static RelationMetadata) -> Cow<'static, str> {
    match (relation.holder, relation.target, relation.tag) {
        (KeyHolder::Source, Target::Any(_), _) => format!("{}_document", relation.name).into(),
        (KeyHolder::Source, Target::One(_), Some(tag)) => format!("{}_{}", relation.name, tag.value).into(),
        _ => relation.name.into(),
    }
}

/// The count of the relation `R`.
#[doc(hidden)]
pub struct CountOf<R>(PhantomData<fn() -> R>);

impl<R: Relation> Keyed for CountOf<R> {
    type Of = R::Source;
    type Place = CountAt<<R::Is as Numbered>::Place>;
    const HOLDER: KeyHolder = R::META.holder;
    const RELATION: &'static str = R::META.name;
    fn with_name<T>(f: impl FnOnce(&str) -> T) -> T {
        f(&format!("{}_count", member(R::META)))
    }
}

/// Loaded values that include the relation `R`: a bound for a function that takes loaded documents.
///
/// ```
/// use earnorm::prelude::*;
/// use earnorm::{Includes, relation};
///
/// # #[derive(Serialize, Deserialize, Model)]
/// # #[relation(one_to_many, target = "Post", fk = "author_id")]
/// # struct User { #[serde(rename = "_id")] id: ObjectId }
/// # #[derive(Serialize, Deserialize, Model)]
/// # struct Post { #[serde(rename = "_id")] id: ObjectId, author_id: ObjectId }
/// fn is_active<L>(user: &Loaded<User, L>) -> bool
/// where
///     L: Includes<relation!(User, posts), Value = Vec<Post>>,
/// {
///     user.related(User::POSTS).len() > 3
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "relation `{R}` was not loaded by this query",
    label = "`{R}` is not loaded here",
    note = "add `.with(..)` for it to the query, or call the model's own accessor to load it now",
    note = "in a generic function, write `L: Includes<relation!(User, posts), Value = Vec<Post>>`"
)]
pub trait Includes<R> {
    /// The loaded value: a `Vec`, an `Option` or a [`Shared`](crate::Shared) of rows, or a count.
    type Value;
    #[doc(hidden)]
    fn pick(&self) -> &Self::Value;
}

#[diagnostic::do_not_recommend]
impl<R, P, K, V, Q> Includes<R> for (P, Slot<K, V>)
where
    R: Keyed,
    K: Keyed<Of = R::Of>,
    R::Place: Same<K::Place, Output = Q>,
    Q: Choose<R, P, V>,
{
    type Value = Q::Value;
    fn pick(&self) -> &Q::Value {
        Q::choose(&self.0, &self.1.value)
    }
}

/// Loaded values that include the count of the relation `R`. `N` is `u64`, or `Option<u64>` if the include was an
/// `Option`.
#[diagnostic::on_unimplemented(
    message = "the count of relation `{R}` was not loaded by this query",
    label = "the count of `{R}` is not loaded here",
    note = "add the relation's count to the query: `.with(User::POSTS.count())`",
    note = "in a generic function, write `L: Counts<relation!(User, posts)>`"
)]
pub trait Counts<R, N = u64> {
    #[doc(hidden)]
    fn loaded_count(&self) -> N;
}

#[diagnostic::do_not_recommend]
impl<R, L: Includes<CountOf<R>, Value = V>, V: Counting> Counts<R, V::Number> for L {
    fn loaded_count(&self) -> V::Number {
        self.pick().number()
    }
}

/// A loaded count: a number, or an `Option` of it if the include was an `Option`.
#[doc(hidden)]
pub trait Counting {
    type Number;
    fn number(&self) -> Self::Number;
}

impl Counting for u64 {
    type Number = u64;
    fn number(&self) -> u64 {
        *self
    }
}

impl<V: Counting> Counting for Asked<V> {
    type Number = Option<V::Number>;
    fn number(&self) -> Option<V::Number> {
        self.0.as_ref().map(V::number)
    }
}

/// Chooses the value of the last step or one of the steps before it.
#[doc(hidden)]
pub trait Choose<R, P, V> {
    type Value;
    fn choose<'a>(rest: &'a P, here: &'a V) -> &'a Self::Value;
}

impl<R, P, V> Choose<R, P, V> for Yes {
    type Value = V;
    fn choose<'a>(_: &'a P, here: &'a V) -> &'a V {
        here
    }
}

#[diagnostic::do_not_recommend]
impl<R, P: Includes<R>, V> Choose<R, P, V> for No {
    type Value = P::Value;
    fn choose<'a>(rest: &'a P, _: &'a V) -> &'a P::Value {
        rest.pick()
    }
}

/// A relation that isn't part of the query yet.
#[diagnostic::on_unimplemented(
    message = "relation `{Self}` is included twice in one query",
    label = "already included",
    note = "write one `.with(..)` for the relation, or declare a second relation with another name; for embedded documents, write `.with(Order::LINES.with(..).with(..))`"
)]
pub trait NotIn<L> {}

impl<R> NotIn<()> for R {}

#[diagnostic::do_not_recommend]
impl<R, P, K, V> NotIn<(P, Slot<K, V>)> for R
where
    R: Keyed + NotIn<P>,
    K: Keyed,
    R::Place: Same<K::Place, Output = No>,
{
}
