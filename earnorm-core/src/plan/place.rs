//! Which relation a loaded value belongs to, and where it is: computed by the compiler from a number that each relation
//! of a model has, so that a relation that wasn't loaded is one message, in words.

use std::marker::PhantomData;

use super::slot::Slot;
use super::view::Asked;
use crate::relation::Numbered;
use crate::relation::{Next, Zero};
use crate::schema::fail;
use crate::schema::{KeyHolder, ModelMetadata, str_eq};
use crate::{Model, Relation};

/// The place of a relation's count, beside that of the relation itself.
#[doc(hidden)]
pub struct CountAt<N>(PhantomData<N>);

#[doc(hidden)]
pub struct Yes;

#[doc(hidden)]
pub struct No;

/// Whether two numbers are the same.
#[doc(hidden)]
pub trait Same<B> {
    type Is;
}

impl Same<Zero> for Zero {
    type Is = Yes;
}
impl<B> Same<Next<B>> for Zero {
    type Is = No;
}
impl<B> Same<CountAt<B>> for Zero {
    type Is = No;
}
impl<A> Same<Zero> for Next<A> {
    type Is = No;
}
impl<A: Same<B>, B> Same<Next<B>> for Next<A> {
    type Is = A::Is;
}
impl<A, B> Same<CountAt<B>> for Next<A> {
    type Is = No;
}
impl<A> Same<Zero> for CountAt<A> {
    type Is = No;
}
impl<A, B> Same<Next<B>> for CountAt<A> {
    type Is = No;
}
impl<A: Same<B>, B> Same<CountAt<B>> for CountAt<A> {
    type Is = A::Is;
}

/// What a step does that was asked for: it gives way to none.
#[doc(hidden)]
pub struct Stays;

impl<B> Same<B> for Stays {
    type Is = No;
}

/// What a query can load of a model once: a relation, or its count.
#[doc(hidden)]
pub trait Keyed {
    type Of: Model;
    type Place;
    /// Where the key of the relation is.
    const HOLDER: KeyHolder;
    /// The name under which it is serialized.
    fn with_name<T>(f: impl FnOnce(&str) -> T) -> T;
}

impl<R: Relation> Keyed for R {
    type Of = R::Source;
    type Place = <R::Is as Numbered>::Place;
    const HOLDER: KeyHolder = R::META.holder;
    fn with_name<T>(f: impl FnOnce(&str) -> T) -> T {
        f(R::META.name)
    }
}

/// The count of the relation `R`.
#[doc(hidden)]
pub struct CountOf<R>(PhantomData<fn() -> R>);

impl<R: Relation> Keyed for CountOf<R> {
    type Of = R::Source;
    type Place = CountAt<<R::Is as Numbered>::Place>;
    const HOLDER: KeyHolder = R::META.holder;
    fn with_name<T>(f: impl FnOnce(&str) -> T) -> T {
        f(&format!("{}_count", R::META.name))
    }
}

/// What was loaded has the relation `R` in it: the bound of a function over loaded documents.
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
    /// What was loaded: a `Vec`, an `Option` or a [`Shared`](crate::Shared) of rows, or a number.
    type Value;
    #[doc(hidden)]
    fn pick(&self) -> &Self::Value;
}

#[diagnostic::do_not_recommend]
impl<R, P, K, V, Q> Includes<R> for (P, Slot<K, V>)
where
    R: Keyed,
    K: Keyed<Of = R::Of>,
    R::Place: Same<K::Place, Is = Q>,
    Q: Choose<R, P, V>,
{
    type Value = Q::Value;
    fn pick(&self) -> &Q::Value {
        Q::choose(&self.0, &self.1.value)
    }
}

/// What was loaded has the count of the relation `R` in it: a `u64`, or an `Option<u64>` where an `Option` of the count was
/// included, for which `N` is that.
#[diagnostic::on_unimplemented(
    message = "the count of relation `{R}` was not loaded by this query",
    label = "the count of `{R}` is not loaded here",
    note = "add `.with(..)` with the relation's `.count()` to the query, as `.with(User::POSTS.count())`",
    note = "in a generic function, write `L: Counts<relation!(User, posts)>`"
)]
pub trait Counts<R, N = u64> {
    #[doc(hidden)]
    fn counted(&self) -> N;
}

#[diagnostic::do_not_recommend]
impl<R, L: Includes<CountOf<R>, Value = V>, V: Counting> Counts<R, V::Number> for L {
    fn counted(&self) -> V::Number {
        self.pick().number()
    }
}

/// A count as it was loaded: a number, or an `Option` of it where an `Option` asked for it.
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
    note = "say everything about it in one `.with(..)`, or declare a second relation with a name of its own"
)]
pub trait NotIn<L> {}

impl<R> NotIn<()> for R {}

#[diagnostic::do_not_recommend]
impl<R, P, K, V> NotIn<(P, Slot<K, V>)> for R
where
    R: Keyed + NotIn<P>,
    K: Keyed,
    R::Place: Same<K::Place, Is = No>,
{
}

/// A relation's type by its place in the list of all of a model's, for [`relation!`](crate::relation!).
#[doc(hidden)]
pub trait At<P> {
    type Marker;
}

impl<R, Rest> At<Zero> for (R, Rest) {
    type Marker = R;
}

impl<P, R, Rest: At<P>> At<Next<P>> for (R, Rest) {
    type Marker = Rest::Marker;
}

/// The number of a relation, by its accessor's name.
#[doc(hidden)]
#[track_caller]
pub const fn number_of(model: &ModelMetadata, name: &str) -> usize {
    let relations = model.relations;
    let mut n = 0;
    while n < relations.len() {
        if str_eq(relations[n].name, name) {
            return n;
        }
        n += 1;
    }
    n = 0;
    while n < relations.len() {
        if same_but_for_case(relations[n].name, name) {
            fail(&["`", model.name, "` has no relation `", name, "`; write `", relations[n].name, "`"]);
        }
        n += 1;
    }
    if relations.is_empty() {
        fail(&["`", model.name, "` has no relation `", name, "`; it declares none"]);
    }
    let mut words = [""; 6 + 3 * MOST];
    (words[0], words[1], words[2], words[3]) = ("`", model.name, "` has no relation `", name);
    words[4] = if relations.len() == 1 { "`; its relation is " } else { "`; its relations are " };
    n = 0;
    while n < relations.len() && n < MOST {
        words[5 + 3 * n] = if n == 0 { "`" } else { ", `" };
        words[6 + 3 * n] = relations[n].name;
        words[7 + 3 * n] = "`";
        n += 1;
    }
    fail(&words);
    0
}

const fn same_but_for_case(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let mut i = 0;
    while i < a.len() && i < b.len() && a[i].eq_ignore_ascii_case(&b[i]) {
        i += 1;
    }
    i == a.len() && i == b.len()
}

/// How many relations of a model are listed to who misspelt one.
const MOST: usize = 12;

/// The type of a relation, for a bound on [`Includes`]: `relation!(User, posts)`.
#[macro_export]
macro_rules! relation {
    ($model:ty, $relation:ident) => {
        <<$model as $crate::__private::Model>::Relations as $crate::__private::At<
            <$crate::__private::Is<
                {
                    $crate::__private::number_of(
                        <$model as $crate::__private::Model>::METADATA,
                        ::core::stringify!($relation),
                    )
                },
                true,
            > as $crate::__private::Numbered>::Place,
        >>::Marker
    };
}
