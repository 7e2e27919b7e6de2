//! What is said of a relation in a query: modifiers, further includes, its count.

use std::collections::HashMap;
use std::hash::Hash;

use mongodb::bson::doc;

use super::fetch::{Fetched, Reading, chunks, fetch, filter, side_by_side};
use super::reach::WantsOf;
use super::wants::Shape;
use super::{Cardinality, CountOf, Keyed, NotIn, Pick, Plan, Reach, Step};
use crate::relation::{ManyToMany, ManyToManyByIds, ManyToManyInIds, ManyToOne, OneToMany, OneToOne};
use crate::store::{self, BoxFuture, Exec, Executor};
use crate::{Error, Filter, Loaded, Model, Query, Relation, Result, Sort, encoding};

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
        Counted { relation: self.relation, query: self.query }
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

    fn fetch<'a>(&'a self, exec: Exec<'a>, parents: &'a [&'a D::Source]) -> BoxFuture<'a, Result<Vec<Self::Value>>> {
        Box::pin(reach(&self.relation, &self.query, &self.plan, exec, parents))
    }
}

async fn reach<D: Reach, P: Plan<D::Target>>(
    relation: &D,
    query: &Query<D::Target>,
    plan: &P,
    exec: Exec<'_>,
    parents: &[&D::Source],
) -> Result<Vec<<D::Cardinality as Cardinality>::Value<P::Row>>> {
    let WantsOf(wants) = relation.wants(exec, parents).await?;
    let reading = Reading {
        query,
        read: store::decode::<D::Target>,
        only_keys: false,
        shared: <D::Cardinality as Cardinality>::SHARED,
    };
    let Fetched { children, of } = fetch(exec, &wants, reading).await?;
    let outs = {
        let children: Vec<&D::Target> = children.iter().collect();
        plan.load(exec, &children).await?
    };
    Ok(D::Cardinality::hand_out(P::rows(children, outs), of))
}

impl<D: Reach, P> Pick for Include<D, P> {
    type Key = D::Marker;
}

/// The number of a relation's documents, for many parents at once: `User::POSTS.count()`.
pub struct Counted<D: Reach> {
    relation: D,
    query: Query<D::Target>,
}

impl<D: Reach> Clone for Counted<D> {
    fn clone(&self) -> Self {
        Self { relation: self.relation, query: self.query.clone() }
    }
}

impl<D: Reach> Step<D::Source> for Counted<D>
where
    CountOf<D::Marker>: Keyed<Of = D::Source>,
{
    type Key = CountOf<D::Marker>;
    type Value = u64;

    fn fetch<'a>(&'a self, exec: Exec<'a>, parents: &'a [&'a D::Source]) -> BoxFuture<'a, Result<Vec<u64>>> {
        Box::pin(async move {
            let WantsOf(wants) = self.relation.wants(exec, parents).await?;
            if wants.shape == Shape::Id {
                // what a key leads to has to be looked for; of what is there, only the ids come
                let reading = Reading { query: &self.query, read: |_| Ok(()), only_keys: true, shared: true };
                let found = fetch(exec, &wants, reading).await?;
                return Ok(found.of.iter().map(|list| list.len() as u64).collect());
            }
            let find = self.query.to_query()?;
            let mut counts = vec![0_u64; wants.count];
            if wants.keys.is_empty() || find.limit == Some(0) {
                return Ok(counts);
            }
            let find = self.query.clone().resolved(exec).await?.to_query()?;
            let groups = side_by_side(chunks(&wants.keys), |keys| {
                let mut pipeline = vec![doc! { "$match": filter(wants.field, keys, &find.filter) }];
                pipeline.extend(find.having.iter().cloned());
                let field = format!("${}", wants.field);
                if wants.shape == Shape::Array {
                    // each key once, however often it is in the array
                    let here = doc! { "$setIntersection": [field, { "$literal": keys }] };
                    pipeline.push(doc! { "$project": { "_id": 0, "key": here } });
                    pipeline.push(doc! { "$unwind": "$key" });
                    pipeline.push(doc! { "$group": { "_id": "$key", "n": { "$sum": 1_i64 } } });
                } else {
                    pipeline.push(doc! { "$group": { "_id": field, "n": { "$sum": 1_i64 } } });
                }
                store::aggregate(exec, find.collection, pipeline, |group| {
                    let key = group.get("_id").map_err(mongodb::error::Error::from)?;
                    let key = key.map(encoding::raw_identity).transpose().map_err(Error::other)?;
                    let n = group.get("n").map_err(mongodb::error::Error::from)?;
                    let n = n.and_then(|n| n.as_i64().or(n.as_i32().map(i64::from)));
                    Ok((key, n.map_or(0, i64::unsigned_abs)))
                })
            })
            .await?;
            for (key, n) in groups.into_iter().flatten() {
                let shown = n.saturating_sub(find.skip.unwrap_or(0));
                let shown = find.limit.map_or(shown, |limit| shown.min(limit));
                for parent in key.iter().flat_map(|key| wants.parents(key)) {
                    counts[*parent] = shown;
                }
            }
            Ok(counts)
        })
    }
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
        step.fetch(exec, &parents).await
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

            fn fetch<'a>(&'a self, exec: Exec<'a>, parents: &'a [&'a S]) -> BoxFuture<'a, Result<Vec<Self::Value>>> {
                Box::pin(async move { reach(self, &self.base(), &(), exec, parents).await })
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
                    let values = Step::fetch(self, on.executor(), &parents).await?;
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
                    let values = Step::fetch(&counts, on.executor(), &parents).await?;
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
