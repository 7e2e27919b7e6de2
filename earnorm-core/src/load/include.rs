//! What is said of a relation in a query: modifiers, further includes, its count.

use std::collections::HashMap;

use mongodb::bson::Document;

use super::children::{join_step, reach};
use super::counted::Counted;
use super::reach::LoadKeys;
use crate::plan::{
    Cardinality, CountOf, Keyed, Leads, NotIn, Origin, Parents, Pick, Plan, Reach, Readable, Stays, Step,
};
use crate::relation::{Association, Kind};
use crate::schema::KeyHolder;
use crate::store::{BoxFuture, Exec, Executor};
use crate::{IntoFilter, IntoSort, Loaded, Model, Operand, Query, Relation, Result, document};

/// What a step loads, for each document.
type Values<'a, X, M> = BoxFuture<'a, Result<Vec<<X as Step<M>>::Value>>>;

/// What is found, by the ids of the documents that it is of.
type ById<'a, M, V> = BoxFuture<'a, Result<HashMap<<M as Model>::Id, V>>>;

/// A relation with modifiers and with what is loaded of its documents in turn: `User::POSTS.limit(3)`.
///
/// Each modifier is per parent: the server cuts each parent's list, so the rest isn't sent.
///
/// ```no_run
/// use earnorm::prelude::*;
///
/// # #[derive(Serialize, Deserialize, Model)]
/// # #[relation(one_to_many, target = "Post", fk = "author_id")]
/// # struct User { #[serde(rename = "_id")] id: ObjectId }
/// # #[derive(Serialize, Deserialize, Model)]
/// # #[relation(one_to_many, target = "Comment", fk = "post_id")]
/// # struct Post { #[serde(rename = "_id")] id: ObjectId, likes: i64, author_id: ObjectId }
/// # #[derive(Serialize, Deserialize, Model)]
/// # struct Comment { #[serde(rename = "_id")] id: ObjectId, post_id: ObjectId }
/// # async fn run(db: mongodb::Database) -> earnorm::Result<()> {
/// let best = User::POSTS.filter(Post::LIKES.gt(10)).order_by(Post::LIKES.desc()).limit(3).with(Post::COMMENTS);
/// let users = User::find_all().with(best).all(&db).await?; // three commands
/// # Ok(()) }
/// ```
pub struct Include<D: Reach, P> {
    pub(super) relation: D,
    pub(super) query: Query<D::Target>,
    pub(super) plan: P,
}

#[diagnostic::do_not_recommend]
impl<D: Reach, P> Readable for Include<D, P> {
    type Ref<'a> = <D::Cardinality as Cardinality>::Seen<'a, D::Target>;
}

impl<D: Reach, P: Clone> Clone for Include<D, P> {
    fn clone(&self) -> Self {
        Self { relation: self.relation, query: self.query.clone(), plan: self.plan.clone() }
    }
}

impl<D: LoadKeys> Include<D, ()> {
    pub(super) fn of(relation: D) -> Self {
        Self { relation, query: relation.base(), plan: () }
    }
}

impl<D: LoadKeys, P> Include<D, P> {
    /// Loads a relation of the documents of this one with them.
    pub fn with<X>(self, step: X) -> Include<D, (P, X::Itself)>
    where
        P: Plan<D::Target>,
        X: Step<D::Target>,
        X::Key: NotIn<P::Out>,
    {
        Include { relation: self.relation, query: self.query, plan: (self.plan, step.itself()) }
    }

    /// Only documents that also fulfil this, besides what the relation itself demands.
    pub fn filter(mut self, filter: impl IntoFilter<D::Target>) -> Self {
        self.query = self.query.filter(filter);
        self
    }

    /// The order of each parent's documents, in place of the relation's own.
    pub fn order_by(mut self, order: impl IntoSort<D::Target>) -> Self {
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
    /// [`Error::Unsaved`](crate::Error::Unsaved) where a document has no id yet;
    /// [`Error::Decode`](crate::Error::Decode), [`Error::Driver`](crate::Error::Driver).
    pub fn load<'a, H>(&'a self, on: impl Executor<'a>, parents: &'a [H]) -> Values<'a, Self, D::Source>
    where
        H: Holds<D::Source>,
        Self: Step<D::Source>,
    {
        load(self, on.executor(), parents)
    }

    /// As [`load`](Self::load), as a map from the documents' ids. As many commands.
    ///
    /// # Errors
    ///
    /// The same as for [`load`](Self::load).
    pub fn batch_load<'a, H>(
        &'a self,
        on: impl Executor<'a>,
        parents: &'a [H],
    ) -> ById<'a, D::Source, <Self as Step<D::Source>>::Value>
    where
        H: Holds<D::Source>,
        Self: Step<D::Source>,
    {
        by_id(self, on.executor(), parents)
    }

    /// As [`batch_load`](Self::batch_load), of documents that are known by their ids, such as in a loader of a GraphQL
    /// server. As many commands. If the documents themselves hold the key of the relation, they are read first: one command
    /// more for every started 1,000 ids, and an id without a document is left out of the map.
    ///
    /// ```no_run
    /// # use std::collections::HashMap;
    /// # use earnorm::prelude::*;
    /// # #[derive(Serialize, Deserialize, Model)]
    /// # #[relation(one_to_many, target = "Post", fk = "author_id")]
    /// # struct User { #[serde(rename = "_id")] id: ObjectId }
    /// # #[derive(Serialize, Deserialize, Model)]
    /// # struct Post { #[serde(rename = "_id")] id: ObjectId, author_id: ObjectId, likes: i64 }
    /// # async fn run(db: mongodb::Database, ids: Vec<ObjectId>) -> earnorm::Result<()> {
    /// let posts: HashMap<ObjectId, Vec<Post>> = User::POSTS.batch_load_by_ids(&db, &ids).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// The same as for [`load`](Self::load); [`Error::Unsaved`](crate::Error::Unsaved) for an id that is `None`.
    pub fn batch_load_by_ids<'a, I>(
        &'a self,
        on: impl Executor<'a>,
        ids: I,
    ) -> ById<'a, D::Source, <Self as Step<D::Source>>::Value>
    where
        I: IntoIterator<Item: Operand<<D::Source as Model>::Id>>,
        Self: Step<D::Source>,
    {
        by_ids(self, on.executor(), ids.into_iter().map(Operand::into_operand).collect())
    }

    /// How many documents the include has of each document at hand, 0 included. One command for every started 1,000
    /// distinct keys, and no documents.
    ///
    /// # Errors
    ///
    /// The same as for [`load`](Self::load).
    pub fn count_by<'a, H>(&self, on: impl Executor<'a>, parents: &'a [H]) -> ById<'a, D::Source, u64>
    where
        H: Holds<D::Source>,
        CountOf<D::Marker>: Keyed<Of = D::Source>,
    {
        let (exec, counted) = (on.executor(), Counted::new(self.relation, self.query.clone()));
        Box::pin(async move { by_id(&counted, exec, parents).await })
    }
}

#[diagnostic::do_not_recommend]
impl<D: LoadKeys, P: Plan<D::Target>> Step<D::Source> for Include<D, P> {
    type Key = D::Marker;
    type Value = <D::Cardinality as Cardinality>::Value<P::Row>;
    type Gives = Stays;
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
        Box::pin(reach(&self.relation, &self.query, &self.plan, from, place, parents))
    }

    fn join(&self, place: usize) -> Result<Option<Document>> {
        join_step::<D, P>(&self.query, &self.plan, false, place)
    }
}

#[diagnostic::do_not_recommend]
impl<D: Reach, P> Pick for Include<D, P> {
    type Key = D::Marker;
}

/// A document at hand: a model, or one that was loaded with relations.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a `{M}`, of which this is a relation",
    label = "expected documents of `{M}`",
    note = "pass a slice of the documents whose related ones are wanted, as in `User::POSTS.load(&db, &users)`"
)]
pub trait Holds<M>: Sync {
    #[doc(hidden)]
    fn model(&self) -> &M;
}

impl<M: Model> Holds<M> for M {
    fn model(&self) -> &M {
        self
    }
}

#[diagnostic::do_not_recommend]
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
        step.fetch(Origin::new(exec, None), 0, Parents::Documents(&parents)).await
    })
}

/// What a step loads for documents that are known by their ids. Those that hold the key of its relation are read first.
fn by_ids<'a, M: Model, S: Step<M>>(step: &'a S, exec: Exec<'a>, ids: Vec<M::Id>) -> ById<'a, M, S::Value> {
    Box::pin(async move {
        if S::Key::HOLDER == KeyHolder::Source {
            let parents = document::get_many::<M>(exec, ids).await?;
            return by_id(step, exec, &parents).await;
        }
        let values = step.fetch(Origin::new(exec, None), 0, Parents::Ids(&ids)).await?;
        Ok(ids.into_iter().zip(values).collect())
    })
}

/// The same as a map by id; of documents with the same id, the first counts.
fn by_id<'a, M: Model, S: Step<M>, H: Holds<M>>(
    step: &'a S,
    exec: Exec<'a>,
    parents: &'a [H],
) -> ById<'a, M, S::Value> {
    Box::pin(async move {
        let values = load(step, exec, parents).await?;
        let mut map = HashMap::with_capacity(parents.len());
        for (parent, value) in parents.iter().zip(values) {
            map.entry(M::ID.get(parent.model()).clone()).or_insert(value);
        }
        Ok(map)
    })
}

#[diagnostic::do_not_recommend]
impl<S: Model, T: Model, R: Relation<Source = S>, K: Kind<S, T> + Leads> Step<S> for Association<S, T, R, K>
where
    Self: LoadKeys<Marker = R, Source = S, Target = T>,
{
    type Key = R;
    type Value = <<Self as Reach>::Cardinality as Cardinality>::Value<T>;
    type Gives = Stays;
    type Itself = Self;

    fn itself(self) -> Self {
        self
    }

    fn fetch<'a>(
        &'a self,
        from: Origin<'a>,
        place: usize,
        parents: Parents<'a, S>,
    ) -> BoxFuture<'a, Result<Vec<Self::Value>>> {
        Box::pin(async move { reach(self, &self.base(), &(), from, place, parents).await })
    }

    fn join(&self, place: usize) -> Result<Option<Document>> {
        join_step::<Self, ()>(&self.base(), &(), false, place)
    }
}

impl<S: Model, T: Model, R: Relation<Source = S>, K: Kind<S, T> + Leads> Association<S, T, R, K>
where
    Self: LoadKeys<Marker = R, Source = S, Target = T>,
{
    /// Includes a relation of this one's documents: `User::POSTS.with(Post::COMMENTS)`.
    pub fn with<X>(self, step: X) -> Include<Self, ((), X::Itself)>
    where
        X: Step<T>,
        X::Key: NotIn<()>,
    {
        Include::of(self).with(step)
    }

    /// Only documents that also fulfil this, besides what the relation itself demands.
    pub fn filter(self, filter: impl IntoFilter<T>) -> Include<Self, ()> {
        Include::of(self).filter(filter)
    }

    /// The order of each parent's documents, in place of the relation's own.
    pub fn order_by(self, order: impl IntoSort<T>) -> Include<Self, ()> {
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
    /// [`Error::Unsaved`](crate::Error::Unsaved) where a document has no id yet;
    /// [`Error::Decode`](crate::Error::Decode), [`Error::Driver`](crate::Error::Driver).
    pub fn load<'a, H: Holds<S>>(&'a self, on: impl Executor<'a>, parents: &'a [H]) -> Values<'a, Self, S> {
        load(self, on.executor(), parents)
    }

    /// As [`load`](Self::load), as a map from the documents' ids. As many commands.
    ///
    /// # Errors
    ///
    /// The same as for [`load`](Self::load).
    pub fn batch_load<'a, H: Holds<S>>(
        &'a self,
        on: impl Executor<'a>,
        parents: &'a [H],
    ) -> ById<'a, S, <Self as Step<S>>::Value> {
        by_id(self, on.executor(), parents)
    }

    /// As [`batch_load`](Self::batch_load), of documents that are known by their ids, such as in a loader of a GraphQL
    /// server. As many commands. If the documents themselves hold the key of the relation, they are read first: one command
    /// more for every started 1,000 ids, and an id without a document is left out of the map.
    ///
    /// ```no_run
    /// # use std::collections::HashMap;
    /// # use earnorm::prelude::*;
    /// # #[derive(Serialize, Deserialize, Model)]
    /// # #[relation(one_to_many, target = "Post", fk = "author_id")]
    /// # struct User { #[serde(rename = "_id")] id: ObjectId }
    /// # #[derive(Serialize, Deserialize, Model)]
    /// # struct Post { #[serde(rename = "_id")] id: ObjectId, author_id: ObjectId, likes: i64 }
    /// # async fn run(db: mongodb::Database, ids: Vec<ObjectId>) -> earnorm::Result<()> {
    /// let posts: HashMap<ObjectId, Vec<Post>> = User::POSTS.batch_load_by_ids(&db, &ids).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// The same as for [`load`](Self::load); [`Error::Unsaved`](crate::Error::Unsaved) for an id that is `None`.
    pub fn batch_load_by_ids<'a, I>(&'a self, on: impl Executor<'a>, ids: I) -> ById<'a, S, <Self as Step<S>>::Value>
    where
        I: IntoIterator<Item: Operand<S::Id>>,
    {
        by_ids(self, on.executor(), ids.into_iter().map(Operand::into_operand).collect())
    }

    /// How many documents the relation has of each document at hand, 0 included. One command for every started
    /// 1,000 distinct keys, and no documents.
    ///
    /// # Errors
    ///
    /// The same as for [`load`](Self::load).
    pub fn count_by<'a, H: Holds<S>>(&'a self, on: impl Executor<'a>, parents: &'a [H]) -> ById<'a, S, u64> {
        Include::of(*self).count_by(on, parents)
    }
}
