//! The plan algebra: what to load for each document of a query, as a type.

use futures_util::future::join;

use super::{Keyed, Loaded, Slot};
use crate::store::{BoxFuture, Exec};
use crate::{Model, Result};

/// What a query loads with its documents: `()`, or a plan and one more step.
pub trait Plan<M: Model>: Send + Sync {
    /// What is loaded for one document.
    #[doc(hidden)]
    type Out: Send + Sync;
    /// What the query gives for one document: the model itself, or a [`Loaded`].
    type Row: Send + Sync;
    #[doc(hidden)]
    fn load<'a>(&'a self, exec: Exec<'a>, models: &'a [&'a M]) -> BoxFuture<'a, Result<Vec<Self::Out>>>;
    #[doc(hidden)]
    fn rows(models: Vec<M>, outs: Vec<Self::Out>) -> Vec<Self::Row>;
}

impl<M: Model> Plan<M> for () {
    type Out = ();
    type Row = M;

    fn load<'a>(&'a self, _: Exec<'a>, models: &'a [&'a M]) -> BoxFuture<'a, Result<Vec<()>>> {
        Box::pin(std::future::ready(Ok(vec![(); models.len()])))
    }

    fn rows(models: Vec<M>, _: Vec<()>) -> Vec<M> {
        models
    }
}

impl<M: Model, P: Plan<M>, S: Step<M>> Plan<M> for (P, S) {
    type Out = (P::Out, Slot<S::Key, S::Value>);
    type Row = Loaded<M, Self::Out>;

    fn load<'a>(&'a self, exec: Exec<'a>, models: &'a [&'a M]) -> BoxFuture<'a, Result<Vec<Self::Out>>> {
        Box::pin(async move {
            // both to their end, also when one fails: a driver's future is not to be dropped while it runs
            let (rest, here) = join(self.0.load(exec, models), self.1.fetch(exec, models)).await;
            let here = here?.into_iter().map(Slot::new);
            Ok(rest?.into_iter().zip(here).collect())
        })
    }

    fn rows(models: Vec<M>, outs: Vec<Self::Out>) -> Vec<Self::Row> {
        let pairs = models.into_iter().zip(outs);
        pairs.map(|(model, related)| Loaded::new(model, related)).collect()
    }
}

/// Something to load for each document of `M`: a relation, with or without modifiers, its count or its links, or an
/// `Option` of any of these.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a relation of `{M}`",
    label = "not a relation of `{M}`",
    note = "`.with(..)` takes a relation constant of the model that is queried, as in `User::find_all().with(User::POSTS)`"
)]
pub trait Step<M: Model>: Send + Sync {
    #[doc(hidden)]
    type Key: Keyed<Of = M>;
    #[doc(hidden)]
    type Value: Send + Sync;
    #[doc(hidden)]
    fn fetch<'a>(&'a self, exec: Exec<'a>, parents: &'a [&'a M]) -> BoxFuture<'a, Result<Vec<Self::Value>>>;
}

impl<M: Model, S: Step<M>> Step<M> for Option<S> {
    type Key = S::Key;
    type Value = super::Asked<S::Value>;

    fn fetch<'a>(&'a self, exec: Exec<'a>, parents: &'a [&'a M]) -> BoxFuture<'a, Result<Vec<Self::Value>>> {
        Box::pin(async move {
            let values: Vec<Option<S::Value>> = match self {
                Some(step) => step.fetch(exec, parents).await?.into_iter().map(Some).collect(),
                None => parents.iter().map(|_| None).collect(),
            };
            Ok(values.into_iter().map(super::Asked).collect())
        })
    }
}
