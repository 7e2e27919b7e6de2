//! Plans and their steps: what to load for each document of a query, as a type.

use futures_util::future::join;

use mongodb::bson::Document;

use super::origin::{JoinAt, Origin};
use super::parents::Parents;
use super::place::{Keyed, ReplacesNothing};
use super::row::Loaded;
use super::slot::Slot;
use super::value::Asked;
use super::view::Keys;
use crate::Result;
use crate::embedded::Record;
use crate::store::BoxFuture;

/// What a query loads with its documents: `()`, or a plan and one more step.
pub trait Plan<M: Record>: Send + Sync {
    /// The loaded values of one document.
    #[doc(hidden)]
    type Out: Send + Sync + 'static;
    /// What the query returns for one document that it reads as a `V`: this value itself, or a [`Loaded`].
    type Row<V: Send + Sync + 'static>: Send + Sync + 'static;
    /// The number of steps.
    #[doc(hidden)]
    const STEPS: usize;
    #[doc(hidden)]
    fn load<'a>(&'a self, from: Origin<'a>, parents: Parents<'a, M>) -> BoxFuture<'a, Result<Vec<Self::Out>>>;
    /// The fields of a document that the steps read.
    #[doc(hidden)]
    fn keys(&self, keys: &mut Keys);
    /// The stages of a pipeline that join the documents of those steps that can be joined.
    #[doc(hidden)]
    fn join(&self, at: &JoinAt) -> Result<Vec<Document>>;
    /// The names of the steps.
    #[doc(hidden)]
    fn names() -> Vec<String>;
    #[doc(hidden)]
    fn rows<V: Send + Sync + 'static>(
        documents: impl Iterator<Item = V>,
        outs: Vec<Self::Out>,
    ) -> impl Iterator<Item = Self::Row<V>>;
}

impl<M: Record> Plan<M> for () {
    type Out = ();
    type Row<V: Send + Sync + 'static> = V;
    const STEPS: usize = 0;

    fn load<'a>(&'a self, _: Origin<'a>, parents: Parents<'a, M>) -> BoxFuture<'a, Result<Vec<()>>> {
        Box::pin(std::future::ready(Ok(vec![(); parents.len()])))
    }

    fn keys(&self, _: &mut Keys) {}

    fn join(&self, _: &JoinAt) -> Result<Vec<Document>> {
        Ok(Vec::new())
    }

    fn names() -> Vec<String> {
        Vec::new()
    }

    fn rows<V: Send + Sync + 'static>(documents: impl Iterator<Item = V>, _: Vec<()>) -> impl Iterator<Item = V> {
        documents
    }
}

impl<M: Record, P: Plan<M>, S: Step<M>> Plan<M> for (P, S) {
    type Out = (P::Out, Slot<S::Key, S::Value>);
    type Row<V: Send + Sync + 'static> = Loaded<V, Self::Out>;
    const STEPS: usize = P::STEPS + 1;

    fn load<'a>(&'a self, from: Origin<'a>, parents: Parents<'a, M>) -> BoxFuture<'a, Result<Vec<Self::Out>>> {
        Box::pin(async move {
            // both are awaited to their end, even if one fails: a future of the driver must not be dropped while it
            // runs
            let (rest, here) = join(self.0.load(from, parents), self.1.fetch(from, P::STEPS, parents)).await;
            let here = here?.into_iter().map(Slot::new);
            Ok(rest?.into_iter().zip(here).collect())
        })
    }

    fn keys(&self, keys: &mut Keys) {
        self.0.keys(keys);
        self.1.keys(keys);
    }

    fn join(&self, at: &JoinAt) -> Result<Vec<Document>> {
        let mut stages = self.0.join(at)?;
        stages.extend(self.1.join(at, P::STEPS)?);
        Ok(stages)
    }

    fn names() -> Vec<String> {
        let mut names = P::names();
        names.push(S::Key::with_name(str::to_owned));
        names
    }

    fn rows<V: Send + Sync + 'static>(
        documents: impl Iterator<Item = V>,
        outs: Vec<Self::Out>,
    ) -> impl Iterator<Item = Self::Row<V>> {
        documents.zip(outs).map(|(document, related)| Loaded::new(document, related))
    }
}

impl Keys {
    /// The fields that the steps of a plan read.
    pub(crate) fn of<M: Record, P: Plan<M>>(plan: &P) -> Self {
        let mut keys = Self::none(P::STEPS > 0);
        plan.keys(&mut keys);
        keys
    }
}

/// Something to load for each document of `M`: a relation with or without modifiers, its count, its links, or an
/// `Option` of one of these.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a relation of `{M}`",
    label = "not a relation of `{M}`",
    note = "`.with(..)` takes a relation of the model that is queried, as in `User::find_all().with(User::POSTS)`; write one `.with(..)` for each relation",
    note = "the relations of an embedded document are loaded through the field that holds it, as in `Order::find_all().with(Order::LINES.with(Line::PRODUCT))`"
)]
pub trait Step<M: Record>: Send + Sync {
    #[doc(hidden)]
    type Key: Keyed<Of = M>;
    #[doc(hidden)]
    type Value: Send + Sync + 'static;
    /// The place whose include replaces this step: for an eager step the place of its relation, otherwise none.
    #[doc(hidden)]
    type Replaces;
    /// The step itself. `with` names its result by this type, which only a step has. If the argument isn't a step, the
    /// result is unknown, so the calls after it cause no further errors.
    #[doc(hidden)]
    type Itself: Step<M, Key = Self::Key, Value = Self::Value, Replaces = Self::Replaces>;
    #[doc(hidden)]
    fn itself(self) -> Self::Itself;
    /// Loads the value of each parent. `place` is the number of steps before this one.
    #[doc(hidden)]
    fn fetch<'a>(
        &'a self,
        from: Origin<'a>,
        place: usize,
        parents: Parents<'a, M>,
    ) -> BoxFuture<'a, Result<Vec<Self::Value>>>;
    /// The fields of a document that the step reads.
    #[doc(hidden)]
    fn keys(&self, keys: &mut Keys);
    /// The stages of a pipeline that join the documents; none if the server can't join them.
    #[doc(hidden)]
    fn join(&self, at: &JoinAt, place: usize) -> Result<Vec<Document>>;
}

#[diagnostic::do_not_recommend]
impl<M: Record, S: Step<M>> Step<M> for Option<S> {
    type Key = S::Key;
    type Value = Asked<S::Value>;
    type Replaces = ReplacesNothing;
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
        Box::pin(async move {
            let values: Vec<Option<S::Value>> = match self {
                Some(step) => step.fetch(from, place, parents).await?.into_iter().map(Some).collect(),
                None => (0..parents.len()).map(|_| None).collect(),
            };
            Ok(values.into_iter().map(Asked).collect())
        })
    }

    fn keys(&self, keys: &mut Keys) {
        if let Some(step) = self {
            step.keys(keys);
        }
    }

    fn join(&self, at: &JoinAt, place: usize) -> Result<Vec<Document>> {
        self.as_ref().map_or(Ok(Vec::new()), |step| step.join(at, place))
    }
}
