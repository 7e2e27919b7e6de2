//! Eager relations, and how an explicit include replaces them.

use mongodb::bson::Document;

use super::origin::{JoinAt, Origin};
use super::parents::Parents;
use super::pick::Pick;
use super::place::{IsPlace, Keyed, No, Same, Yes};
use super::steps::{Plan, Step};
use super::view::Keys;
use crate::Result;
use crate::embedded::Record;
use crate::store::BoxFuture;

/// The step of a relation with `lazy_load = false`. The eager relations of its documents aren't loaded: if two models
/// were eager relations of each other, loading would never end.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct Eager<D>(pub D);

#[diagnostic::do_not_recommend]
impl<D, M, K> Step<M> for Eager<D>
where
    M: Record,
    D: Pick<Key = K> + Step<M, Key = K>,
    K: Keyed<Of = M>,
{
    type Key = K;
    type Value = D::Value;
    type Replaces = K::Place;
    type Itself = Self;

    fn itself(self) -> Self {
        self
    }

    fn fetch<'a>(
        &'a self,
        from: Origin<'a>,
        place: usize,
        parents: Parents<'a, M>,
    ) -> BoxFuture<'a, Result<Vec<Self::Value>>> {
        self.0.fetch(from, place, parents)
    }

    fn keys(&self, keys: &mut Keys) {
        self.0.keys(keys);
    }

    fn join(&self, at: &JoinAt, place: usize) -> Result<Vec<Document>> {
        self.0.join(at, place)
    }
}

/// A plan to which a step with the key `K` can be added. `rest` is the plan without the eager step of the same
/// relation.
#[doc(hidden)]
pub trait AcceptsStep<K> {
    type Rest;
    fn rest(self) -> Self::Rest;
}

impl<K> AcceptsStep<K> for () {
    type Rest = ();
    fn rest(self) {}
}

#[diagnostic::do_not_recommend]
impl<K, P, S, Q> AcceptsStep<K> for (P, S)
where
    K: Keyed,
    P: AcceptsStep<K>,
    S: Step<K::Of>,
    S::Replaces: Same<K::Place, Output = Q>,
    Q: RemoveIf<P::Rest, S>,
{
    type Rest = Q::Rest;
    fn rest(self) -> Q::Rest {
        Q::rest(self.0.rest(), self.1)
    }
}

/// A plan from which the eager steps can be removed: a view loads only what its query asks for.
#[doc(hidden)]
pub trait WithoutEager<M: Record> {
    type Rest: Plan<M>;
    fn without_eager(self) -> Self::Rest;
}

impl<M: Record> WithoutEager<M> for () {
    type Rest = ();
    fn without_eager(self) {}
}

#[diagnostic::do_not_recommend]
impl<M, P, S, Q> WithoutEager<M> for (P, S)
where
    M: Record,
    P: WithoutEager<M>,
    S: Step<M>,
    S::Replaces: IsPlace<Output = Q>,
    Q: RemoveIf<P::Rest, S, Rest: Plan<M>>,
{
    type Rest = Q::Rest;
    fn without_eager(self) -> Q::Rest {
        Q::rest(self.0.without_eager(), self.1)
    }
}

/// Removes the last step of a plan if the compiler answers [`Yes`], and keeps it if it answers [`No`].
#[doc(hidden)]
pub trait RemoveIf<P, S> {
    type Rest;
    fn rest(plan: P, step: S) -> Self::Rest;
}

impl<P, S> RemoveIf<P, S> for Yes {
    type Rest = P;
    fn rest(plan: P, _: S) -> P {
        plan
    }
}

impl<P, S> RemoveIf<P, S> for No {
    type Rest = (P, S);
    fn rest(plan: P, step: S) -> (P, S) {
        (plan, step)
    }
}
