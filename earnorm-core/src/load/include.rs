//! What is said of a relation in a query: modifiers, further includes, its count.

use std::collections::HashMap;
use std::hash::Hash;

use mongodb::bson::{Document, RawDocument};

use super::eager::Stays;
use super::fetch::{Fetched, Reading, fetch};
use super::origin::{self, Joined};
use super::reach::{WantsOf, check_saved};
use super::{Cardinality, Counted, NotIn, Origin, Pick, Plan, Reach, Step, join};
use crate::document::saved_id;
use crate::encoding::identity;
use crate::relation::{ManyToMany, ManyToManyByIds, ManyToManyInIds, ManyToOne, OneToMany, OneToOne};
use crate::store::{self, BoxFuture, Exec, Executor};
use crate::{Filter, Loaded, Model, Query, Relation, Result, Sort};

/// What a step loads, for each document.
type Values<'a, X, M> = BoxFuture<'a, Result<Vec<<X as Step<M>>::Value>>>;

/// A relation with modifiers and with what is loaded of its documents in turn: `User::POSTS.limit(3)`.
///
/// Each modifier is per parent.
pub struct Include<D: Reach, P> {
    pub(super) relation: D,
    pub(super) query: Query<D::Target>,
    pub(super) plan: P,
}

impl<D: Reach, P: Clone> Clone for Include<D, P> {
    fn clone(&self) -> Self {
        Self { relation: self.relation, query: self.query.clone(), plan: self.plan.clone() }
    }
}

impl<D: Reach> Include<D, ()> {
    pub(super) fn of(relation: D) -> Self {
        Self { relation, query: relation.base(), plan: () }
    }
}

impl<D: Reach, P> Include<D, P> {
    /// Loads a relation of the documents of this one with them.
    pub fn with<X>(self, step: X) -> Include<D, (P, X)>
    where
        P: Plan<D::Target>,
        X: Step<D::Target>,
        X::Key: NotIn<P::Out>,
    {
        Include { relation: self.relation, query: self.query, plan: (self.plan, step) }
    }

    /// Only documents that also fulfil this, besides what the relation itself demands.
    pub fn filter(mut self, filter: impl Into<Filter<D::Target>>) -> Self {
        self.query = self.query.filter(filter);
        self
    }

    /// The order of each parent's documents, in place of the relation's own.
    pub fn order_by(mut self, order: impl Into<Sort<D::Target>>) -> Self {
        self.query = self.query.order_by(order);
        self
    }

    /// Leaves out the first `n` of each parent.
    pub fn skip(mut self, n: u64) -> Self {
        self.query = self.query.skip(n);
        self
    }

    /// At most `n` of each parent.
    pub fn limit(mut self, n: u64) -> Self {
        self.query = self.query.limit(n);
        self
    }

    /// The number of each parent's documents instead of the documents.
    pub fn count(self) -> Counted<D> {
        Counted::new(self.relation, self.query)
    }

    /// Loads the relation of documents at hand: what each has, in their order. One command for every started 1,000
    /// distinct keys, some at once (through a join model, that twice); none where there are no keys.
    ///
    /// # Errors
    ///
    /// [`Error::Unsaved`] where a document has no id yet; [`Error::Decode`], [`Error::Driver`].
    pub fn load<'a, H>(&'a self, on: impl Executor<'a>, parents: &'a [H]) -> Values<'a, Self, D::Source>
    where
        H: Holds<D::Source>,
        Self: Step<D::Source>,
    {
        load(self, on.executor(), parents)
    }
}

impl<D: Reach, P: Plan<D::Target>> Step<D::Source> for Include<D, P> {
    type Key = D::Marker;
    type Value = <D::Cardinality as Cardinality>::Value<P::Row>;
    type Gives = Stays;

    fn fetch<'a>(
        &'a self,
        from: Origin<'a>,
        place: usize,
        parents: &'a [&'a D::Source],
    ) -> BoxFuture<'a, Result<Vec<Self::Value>>> {
        Box::pin(reach(&self.relation, &self.query, &self.plan, from, place, parents))
    }

    fn join(&self, place: usize) -> Result<Option<Document>> {
        join_step::<D, P>(&self.query, &self.plan, false, place)
    }
}

/// The stage that joins the documents of a relation, with what is loaded of them in turn.
pub(super) fn join_step<D: Reach, P: Plan<D::Target>>(
    query: &Query<D::Target>,
    plan: &P,
    links: bool,
    place: usize,
) -> Result<Option<Document>> {
    let below = if P::STEPS > 0 { Some(plan.join()?) } else { None };
    let documents = join::Joined::Documents { below, links, one: <D::Cardinality as Cardinality>::ONE };
    join::lookup(D::Marker::META, query, place, documents)
}

/// The document of a joined row below which the plan `P` loads.
pub(super) fn document<T: Model, P: Plan<T>>(row: &RawDocument) -> Result<&RawDocument> {
    if P::STEPS > 0 { origin::document(row) } else { Ok(row) }
}

async fn reach<D: Reach, P: Plan<D::Target>>(
    relation: &D,
    query: &Query<D::Target>,
    plan: &P,
    from: Origin<'_>,
    place: usize,
    parents: &[&D::Source],
) -> Result<Vec<<D::Cardinality as Cardinality>::Value<P::Row>>> {
    let joined = from.joined(place, |row| store::decode::<D::Target>(document::<D::Target, P>(row)?))?;
    let (Fetched { children, of }, rows) = match joined {
        Some(Joined { mut found, rows }) => {
            check_saved::<D>(parents)?;
            arrange(relation, query, from.exec, parents, &mut found).await?;
            (found, Some(rows))
        }
        None => (ask(relation, query, from.exec, parents).await?, None),
    };
    let outs = {
        let children: Vec<&D::Target> = children.iter().collect();
        plan.load(Origin::new(from.exec, rows.as_deref()), &children).await?
    };
    Ok(D::Cardinality::hand_out(P::rows(children, outs), of))
}

async fn ask<D: Reach>(
    relation: &D,
    query: &Query<D::Target>,
    exec: Exec<'_>,
    parents: &[&D::Source],
) -> Result<Fetched<D::Target>> {
    let find = query.to_query()?;
    if find.limit == Some(0) {
        return Ok(Fetched::none(parents.len()));
    }
    let WantsOf(wants) = relation.wants(exec, parents, Some(&find)).await?;
    let reading = Reading {
        query,
        read: store::decode::<D::Target>,
        only_keys: false,
        shared: <D::Cardinality as Cardinality>::SHARED,
    };
    fetch(exec, &wants, reading).await
}

/// Puts joined documents into the order of their parents' arrays, where nothing else decides. With a window, the server
/// has done so.
async fn arrange<D: Reach>(
    relation: &D,
    query: &Query<D::Target>,
    exec: Exec<'_>,
    parents: &[&D::Source],
    found: &mut Fetched<D::Target>,
) -> Result<()> {
    let find = query.to_query()?;
    if join::is_arranged(D::Marker::META, query) && find.skip.is_none() && find.limit.is_none() {
        let WantsOf(wants) = relation.wants(exec, parents, None).await?;
        for (list, places) in found.of.iter_mut().zip(wants.arranged.iter().flatten()) {
            let mut placed = Vec::with_capacity(list.len());
            for index in &*list {
                placed.push((places.get(&identity(&saved_id(&found.children[*index])?)), *index));
            }
            placed.sort_unstable();
            *list = placed.into_iter().map(|(_, index)| index).collect();
        }
    }
    Ok(())
}

impl<D: Reach, P> Pick for Include<D, P> {
    type Key = D::Marker;
}

/// A document at hand: a model, or one that was loaded with relations.
pub trait Holds<M>: Sync {
    #[doc(hidden)]
    fn model(&self) -> &M;
}

impl<M: Model> Holds<M> for M {
    fn model(&self) -> &M {
        self
    }
}

impl<M: Model, L: Sync> Holds<M> for Loaded<M, L> {
    fn model(&self) -> &M {
        self
    }
}

fn load<'a, M: Model, S: Step<M>, H: Holds<M>>(
    step: &'a S,
    exec: Exec<'a>,
    parents: &'a [H],
) -> BoxFuture<'a, Result<Vec<S::Value>>> {
    Box::pin(async move {
        let parents: Vec<&M> = parents.iter().map(Holds::model).collect();
        step.fetch(Origin::new(exec, None), 0, &parents).await
    })
}

/// The first of each id, for a map by id.
fn by_id<M: Model, V>(parents: Vec<&M>, values: Vec<V>) -> HashMap<M::Id, V>
where
    M::Id: Eq + Hash,
{
    let mut map = HashMap::with_capacity(parents.len());
    for (parent, value) in parents.into_iter().zip(values) {
        map.entry(M::ID.get(parent).clone()).or_insert(value);
    }
    map
}

macro_rules! includes {
    ($($kind:ident<S, T, R $(, $join:ident)?>;)*) => { $(
        #[diagnostic::do_not_recommend]
        impl<S: Model, T: Model, R: Relation<Source = S> $(, $join: Model)?> Step<S> for $kind<S, T, R $(, $join)?>
        where
            Self: Reach<Source = S, Target = T, Marker = R>,
        {
            type Key = R;
            type Value = <<Self as Reach>::Cardinality as Cardinality>::Value<T>;
            type Gives = Stays;

            fn fetch<'a>(
                &'a self,
                from: Origin<'a>,
                place: usize,
                parents: &'a [&'a S],
            ) -> BoxFuture<'a, Result<Vec<Self::Value>>> {
                Box::pin(async move { reach(self, &self.base(), &(), from, place, parents).await })
            }

            fn join(&self, place: usize) -> Result<Option<Document>> {
                join_step::<Self, ()>(&self.base(), &(), false, place)
            }
        }

        impl<S: Model, T: Model, R: Relation<Source = S> $(, $join: Model)?> $kind<S, T, R $(, $join)?> {
            /// Includes a relation of this one's documents: `User::POSTS.with(Post::COMMENTS)`.
            pub fn with<X>(self, step: X) -> Include<Self, ((), X)>
            where
                X: Step<T>,
                X::Key: NotIn<()>,
            {
                Include::of(self).with(step)
            }

            /// Only documents that also fulfil this, besides what the relation itself demands.
            pub fn filter(self, filter: impl Into<Filter<T>>) -> Include<Self, ()> {
                Include::of(self).filter(filter)
            }

            /// The order of each parent's documents, in place of the relation's own.
            pub fn order_by(self, order: impl Into<Sort<T>>) -> Include<Self, ()> {
                Include::of(self).order_by(order)
            }

            /// Leaves out the first `n` of each parent.
            pub fn skip(self, n: u64) -> Include<Self, ()> {
                Include::of(self).skip(n)
            }

            /// At most `n` of each parent.
            pub fn limit(self, n: u64) -> Include<Self, ()> {
                Include::of(self).limit(n)
            }

            /// The number of each parent's documents instead of the documents.
            pub fn count(self) -> Counted<Self> {
                Include::of(self).count()
            }

            /// Loads the relation of documents at hand: what each has, in their order. One command for every started
            /// 1,000 distinct keys, some at once (through a join model, that twice); none where there are no keys.
            ///
            /// # Errors
            ///
            /// [`Error::Unsaved`] where a document has no id yet; [`Error::Decode`], [`Error::Driver`].
            pub fn load<'a, H: Holds<S>>(
                &'a self,
                on: impl Executor<'a>,
                parents: &'a [H],
            ) -> Values<'a, Self, S> {
                load(self, on.executor(), parents)
            }

            /// As [`load`](Self::load), as a map from the documents' ids.
            ///
            /// # Errors
            ///
            /// As for [`load`](Self::load).
            pub fn batch_load<'a, H: Holds<S>>(
                &'a self,
                on: impl Executor<'a>,
                parents: &'a [H],
            ) -> BoxFuture<'a, Result<HashMap<S::Id, <Self as Step<S>>::Value>>> {
                Box::pin(async move {
                    let parents: Vec<&S> = parents.iter().map(Holds::model).collect();
                    let values = Step::fetch(self, Origin::new(on.executor(), None), 0, &parents).await?;
                    Ok(by_id(parents, values))
                })
            }

            /// How many documents the relation has of each document at hand, 0 included. One command for every started
            /// 1,000 distinct keys, and no documents.
            ///
            /// # Errors
            ///
            /// As for [`load`](Self::load).
            pub fn count_by<'a, H: Holds<S>>(
                &'a self,
                on: impl Executor<'a>,
                parents: &'a [H],
            ) -> BoxFuture<'a, Result<HashMap<S::Id, u64>>> {
                Box::pin(async move {
                    let parents: Vec<&S> = parents.iter().map(Holds::model).collect();
                    let counts = self.count();
                    let values = Step::fetch(&counts, Origin::new(on.executor(), None), 0, &parents).await?;
                    Ok(by_id(parents, values))
                })
            }
        }
    )* };
}
includes! {
    OneToMany<S, T, R>;
    OneToOne<S, T, R>;
    ManyToOne<S, T, R>;
    ManyToMany<S, T, R, J>;
    ManyToManyByIds<S, T, R>;
    ManyToManyInIds<S, T, R>;
}
