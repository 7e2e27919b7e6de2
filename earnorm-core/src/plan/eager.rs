//! Relations that load by themselves, until an include of the same relation takes their place.

use mongodb::bson::Document;

use super::origin::Origin;
use super::parents::Parents;
use super::place::Keyed;
use super::place::{No, Same, Yes};
use super::reach::Reach;
use super::steps::Step;
use crate::store::BoxFuture;
use crate::{Model, Result};

/// The step of a relation with `lazy_load = false`. Its documents come without such relations of their own: of two models
/// that were each other's, there would be no end.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct Eager<D>(pub D);

#[diagnostic::do_not_recommend]
impl<D: Reach + Step<<D as Reach>::Source>> Step<D::Source> for Eager<D> {
    type Key = D::Key;
    type Value = D::Value;
    type Gives = <D::Key as Keyed>::Place;
    type Itself = Self;

    fn itself(self) -> Self {
        self
    }

    fn fetch<'a>(
        &'a self,
        from: Origin<'a>,
        place: usize,
        parents: Parents<'a, D::Source>,
    ) -> BoxFuture<'a, Result<Vec<Self::Value>>> {
        self.0.fetch(from, place, parents)
    }

    fn join(&self, place: usize) -> Result<Option<Document>> {
        self.0.join(place)
    }
}

/// A plan that takes a step under the key `K`: a relation that would load by itself gives way to it.
#[doc(hidden)]
pub trait Takes<K> {
    type Rest;
    fn rest(self) -> Self::Rest;
}

impl<K> Takes<K> for () {
    type Rest = ();
    fn rest(self) {}
}

#[diagnostic::do_not_recommend]
impl<K, P, S, Q> Takes<K> for (P, S)
where
    K: Keyed<Of: Model>,
    P: Takes<K>,
    S: Step<K::Of>,
    S::Gives: Same<K::Place, Is = Q>,
    Q: GivesWay<P::Rest, S>,
{
    type Rest = Q::Rest;
    fn rest(self) -> Q::Rest {
        Q::rest(self.0.rest(), self.1)
    }
}

#[doc(hidden)]
pub trait GivesWay<P, S> {
    type Rest;
    fn rest(plan: P, step: S) -> Self::Rest;
}

impl<P, S> GivesWay<P, S> for Yes {
    type Rest = P;
    fn rest(plan: P, _: S) -> P {
        plan
    }
}

impl<P, S> GivesWay<P, S> for No {
    type Rest = (P, S);
    fn rest(plan: P, step: S) -> (P, S) {
        (plan, step)
    }
}
