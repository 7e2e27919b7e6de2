//! A relation in a query, with modifiers and further includes.

use std::collections::HashMap;
use std::marker::PhantomData;

use mongodb::bson::Document;

use super::children::{join_step, reach};
use super::counted::Counted;
use super::reach::LoadKeys;
use crate::embedded::Record;
use crate::observe::Call;
use crate::plan::{
    Cardinality, JoinAt, Keyed, Keys, Leads, NotIn, Origin, Parents, Pick, Plan, Reach, Readable, ReplacesNothing,
    Step, View,
};
use crate::relation::{Association, Kind};
use crate::schema::KeyHolder;
use crate::store::{BoxFuture, Exec, Executor};
use crate::{IntoFilter, IntoSort, Loaded, Model, Operand, Query, Relation, Result, document};

/// The values that a step loads, one for each document.
pub(super) type Values<'a, X, M> = BoxFuture<'a, Result<Vec<<X as Step<M>>::Value>>>;

/// The values that were loaded, by the ids of their parents.
pub(super) type ById<'a, M, V> = BoxFuture<'a, Result<HashMap<<M as Model>::Id, V>>>;

/// A relation with modifiers and with further includes: `User::POSTS.limit(3)`.
///
/// Each modifier applies to each parent. The server cuts each parent's list, so the rest isn't sent.
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
pub struct Include<D: Reach, P, V = <D as Reach>::Target> {
    pub(super) relation: D,
    pub(super) query: Query<D::Target>,
    pub(super) plan: P,
    pub(super) view: PhantomData<fn() -> V>,
}

#[diagnostic::do_not_recommend]
impl<D: Reach, P, V: 'static> Readable for Include<D, P, V> {
    type Ref<'a> = <D::Cardinality as Cardinality>::Seen<'a, V>;
}

impl<D: Reach, P: Clone, V> Clone for Include<D, P, V> {
    fn clone(&self) -> Self {
        Self { relation: self.relation, query: self.query.clone(), plan: self.plan.clone(), view: PhantomData }
    }
}

impl<D: LoadKeys> Include<D, ()> {
    pub(super) fn of(relation: D) -> Self {
        Self { relation, query: relation.base(), plan: (), view: PhantomData }
    }
}

impl<D: LoadKeys, P, V> Include<D, P, V> {
    /// Reads only the fields of a view of each document; see [`Query::view`](crate::Query::view).
    pub fn view<W: View<D::Target>>(self) -> Include<D, P, W::Itself> {
        Include { relation: self.relation, query: self.query, plan: self.plan, view: PhantomData }
    }

    /// Also loads a relation of this relation's documents.
    pub fn with<X>(self, step: X) -> Include<D, (P, X::Itself), V>
    where
        P: Plan<D::Target>,
        X: Step<D::Target>,
        X::Key: NotIn<P::Out>,
    {
        Include { relation: self.relation, query: self.query, plan: (self.plan, step.itself()), view: PhantomData }
    }

    /// Includes only documents that match this filter too, besides the conditions of the relation.
    pub fn filter(mut self, filter: impl IntoFilter<D::Target>) -> Self {
        self.query = self.query.filter(filter);
        self
    }

    /// Sorts each parent's documents by this order instead of the relation's own.
    pub fn order_by(mut self, order: impl IntoSort<D::Target>) -> Self {
        self.query = self.query.order_by(order);
        self
    }

    /// Skips the first `n` documents of each parent.
    pub fn skip(mut self, n: u64) -> Self {
        self.query = self.query.skip(n);
        self
    }

    /// Loads at most `n` documents of each parent.
    pub fn limit(mut self, n: u64) -> Self {
        self.query = self.query.limit(n);
        self
    }

    /// Loads the number of each parent's documents instead of the documents.
    pub fn count(self) -> Counted<D> {
        Counted::new(self.relation, self.query)
    }

    /// Loads the relation for documents that you already hold, and returns one value for each, in the order of
    /// `parents`. One command for every 1,000 distinct keys or part of them, some of them concurrently; twice as many
    /// through a join model; none without keys.
    ///
    /// # Errors
    ///
    /// [`Error::Unsaved`](crate::Error::Unsaved) if a document has no id yet;
    /// [`Error::Decode`](crate::Error::Decode), [`Error::Driver`](crate::Error::Driver).
    #[track_caller]
    pub fn load<'a, H>(&'a self, on: impl Executor<'a>, parents: &'a [H]) -> Values<'a, Self, D::Source>
    where
        H: Holds<D::Source>,
        Self: Step<D::Source>,
    {
        load(self, on.executor(), parents)
    }

    /// Does the same as [`load`](Self::load), but returns a map from the ids of the documents. As many commands.
    ///
    /// # Errors
    ///
    /// The same as for [`load`](Self::load).
    #[track_caller]
    pub fn batch_load<'a, H>(
        &'a self,
        on: impl Executor<'a>,
        parents: &'a [H],
    ) -> ById<'a, D::Source, <Self as Step<D::Source>>::Value>
    where
        H: Holds<D::Source>,
        D::Source: Model,
        Self: Step<D::Source>,
    {
        by_id(self, on.executor(), parents)
    }

    /// Does the same as [`batch_load`](Self::batch_load), but takes the ids of the documents, for example in a loader
    /// of a GraphQL server. As many commands. If the documents themselves hold the key of the relation, they are read
    /// first: this takes one more command for every 1,000 ids or part of them, and an id without a document is left
    /// out of the map.
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
    #[track_caller]
    pub fn batch_load_by_ids<'a, I>(
        &'a self,
        on: impl Executor<'a>,
        ids: I,
    ) -> ById<'a, D::Source, <Self as Step<D::Source>>::Value>
    where
        I: IntoIterator<Item: Operand<<D::Source as Model>::Id>>,
        D::Source: Model,
        Self: Step<D::Source>,
    {
        by_ids(self, on.executor(), ids.into_iter().map(Operand::into_operand).collect())
    }
}

#[diagnostic::do_not_recommend]
impl<D: LoadKeys, P: Plan<D::Target>, V: View<D::Target>> Step<D::Source> for Include<D, P, V> {
    type Key = D::Marker;
    type Value = <D::Cardinality as Cardinality>::Value<P::Row<V>>;
    type Replaces = ReplacesNothing;
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
        Box::pin(reach::<D, P, V>(&self.relation, &self.query, &self.plan, from, place, parents))
    }

    fn keys(&self, keys: &mut Keys) {
        keys.add(D::Marker::META);
    }

    fn join(&self, at: &JoinAt, place: usize) -> Result<Vec<Document>> {
        join_step::<D, P, V>(&self.query, &self.plan, false, (at, place))
    }
}

#[diagnostic::do_not_recommend]
impl<D: Reach, P, V> Pick for Include<D, P, V> {
    type Key = D::Marker;
}

/// A document that you already hold: a model, or a document that was loaded with relations.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a `{M}`, of which this is a relation",
    label = "expected documents of `{M}`",
    note = "pass a slice of the documents whose related ones are wanted, as in `User::POSTS.load(&db, &users)`"
)]
pub trait Holds<M>: Sync {
    #[doc(hidden)]
    fn model(&self) -> &M;
}

impl<M: Record> Holds<M> for M {
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

#[track_caller]
pub(super) fn load<'a, M: Record, S: Step<M>, H: Holds<M>>(
    step: &'a S,
    exec: Exec<'a>,
    parents: &'a [H],
) -> BoxFuture<'a, Result<Vec<S::Value>>> {
    Call::on(M::TABLE, S::Key::RELATION, "load").run(async move {
        let parents: Vec<&M> = parents.iter().map(Holds::model).collect();
        step.fetch(Origin::new(exec, None), 0, Parents::documents(&parents)).await
    })
}

/// The values that a step loads for documents that are known by their ids. If the documents hold the key of the
/// relation, they are read first.
#[track_caller]
fn by_ids<'a, M: Model, S: Step<M>>(step: &'a S, exec: Exec<'a>, ids: Vec<M::Id>) -> ById<'a, M, S::Value> {
    Call::on(M::TABLE, S::Key::RELATION, "batch_load_by_ids").run(async move {
        if S::Key::HOLDER == KeyHolder::Source {
            let parents = document::get_many::<M>(exec, ids).await?;
            return by_id(step, exec, &parents).await;
        }
        let values = step.fetch(Origin::new(exec, None), 0, Parents::ids(&ids)).await?;
        Ok(ids.into_iter().zip(values).collect())
    })
}

/// The values of `load` as a map by id. If several documents have the same id, the first counts.
#[track_caller]
pub(super) fn by_id<'a, M: Model, S: Step<M>, H: Holds<M>>(
    step: &'a S,
    exec: Exec<'a>,
    parents: &'a [H],
) -> ById<'a, M, S::Value> {
    Call::on(M::TABLE, S::Key::RELATION, "batch_load").run(async move {
        let values = load(step, exec, parents).await?;
        Ok(by_parent_id(parents, values))
    })
}

/// The values as a map by the ids of their parents. If several have the same id, the first counts.
pub(super) fn by_parent_id<M: Model, H: Holds<M>, V>(parents: &[H], values: Vec<V>) -> HashMap<M::Id, V> {
    let mut map = HashMap::with_capacity(parents.len());
    for (parent, value) in parents.iter().zip(values) {
        map.entry(M::ID.get(parent.model()).clone()).or_insert(value);
    }
    map
}

#[diagnostic::do_not_recommend]
impl<S: Record, T: Model, R: Relation<Source = S>, K: Kind<S, T> + Leads> Step<S> for Association<S, T, R, K>
where
    Self: LoadKeys<Marker = R, Source = S, Target = T>,
{
    type Key = R;
    type Value = <<Self as Reach>::Cardinality as Cardinality>::Value<T>;
    type Replaces = ReplacesNothing;
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
        Box::pin(async move { reach::<Self, (), T>(self, &self.base(), &(), from, place, parents).await })
    }

    fn keys(&self, keys: &mut Keys) {
        keys.add(R::META);
    }

    fn join(&self, at: &JoinAt, place: usize) -> Result<Vec<Document>> {
        join_step::<Self, (), T>(&self.base(), &(), false, (at, place))
    }
}

impl<S: Record, T: Model, R: Relation<Source = S>, K: Kind<S, T> + Leads> Association<S, T, R, K>
where
    Self: LoadKeys<Marker = R, Source = S, Target = T>,
{
    /// Reads only the fields of a view of each document: `User::POSTS.view::<PostTitle>()`. See
    /// [`Query::view`](crate::Query::view).
    pub fn view<W: View<T>>(self) -> Include<Self, (), W::Itself> {
        Include::of(self).view::<W>()
    }

    /// Also loads a relation of this relation's documents: `User::POSTS.with(Post::COMMENTS)`.
    pub fn with<X>(self, step: X) -> Include<Self, ((), X::Itself)>
    where
        X: Step<T>,
        X::Key: NotIn<()>,
    {
        Include::of(self).with(step)
    }

    /// Includes only documents that match this filter too, besides the conditions of the relation.
    pub fn filter(self, filter: impl IntoFilter<T>) -> Include<Self, ()> {
        Include::of(self).filter(filter)
    }

    /// Sorts each parent's documents by this order instead of the relation's own.
    pub fn order_by(self, order: impl IntoSort<T>) -> Include<Self, ()> {
        Include::of(self).order_by(order)
    }

    /// Skips the first `n` documents of each parent.
    pub fn skip(self, n: u64) -> Include<Self, ()> {
        Include::of(self).skip(n)
    }

    /// Loads at most `n` documents of each parent.
    pub fn limit(self, n: u64) -> Include<Self, ()> {
        Include::of(self).limit(n)
    }

    /// Loads the number of each parent's documents instead of the documents.
    pub fn count(self) -> Counted<Self> {
        Include::of(self).count()
    }

    /// Loads the relation for documents that you already hold, and returns one value for each, in the order of
    /// `parents`. One command for every 1,000 distinct keys or part of them, some of them concurrently; twice as many
    /// through a join model; none without keys.
    ///
    /// # Errors
    ///
    /// [`Error::Unsaved`](crate::Error::Unsaved) if a document has no id yet;
    /// [`Error::Decode`](crate::Error::Decode), [`Error::Driver`](crate::Error::Driver).
    #[track_caller]
    pub fn load<'a, H: Holds<S>>(&'a self, on: impl Executor<'a>, parents: &'a [H]) -> Values<'a, Self, S> {
        load(self, on.executor(), parents)
    }

    /// Does the same as [`load`](Self::load), but returns a map from the ids of the documents. As many commands.
    ///
    /// # Errors
    ///
    /// The same as for [`load`](Self::load).
    #[track_caller]
    pub fn batch_load<'a, H: Holds<S>>(
        &'a self,
        on: impl Executor<'a>,
        parents: &'a [H],
    ) -> ById<'a, S, <Self as Step<S>>::Value>
    where
        S: Model,
    {
        by_id(self, on.executor(), parents)
    }

    /// Does the same as [`batch_load`](Self::batch_load), but takes the ids of the documents, for example in a loader
    /// of a GraphQL server. As many commands. If the documents themselves hold the key of the relation, they are read
    /// first: this takes one more command for every 1,000 ids or part of them, and an id without a document is left
    /// out of the map.
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
    #[track_caller]
    pub fn batch_load_by_ids<'a, I>(&'a self, on: impl Executor<'a>, ids: I) -> ById<'a, S, <Self as Step<S>>::Value>
    where
        I: IntoIterator<Item: Operand<<S as Model>::Id>>,
        S: Model,
    {
        by_ids(self, on.executor(), ids.into_iter().map(Operand::into_operand).collect())
    }
}
