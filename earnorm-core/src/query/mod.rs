//! Queries as values: filters, updates, orders, windows and options. The module `run` has the methods that send them.

mod after;
mod aggregate;
mod change;
mod condition;
mod filter;
mod ids;
mod into;
mod join;
mod kinds;
mod number;
mod number_of;
mod options;
mod page;
mod pipeline;
mod question;
mod related;
mod render;
mod settings;
mod sort;
mod update;

pub use aggregate::{AggregateField, Column, Comparable, MeanOf, SumOf, Summable, ValueOf};
pub(crate) use aggregate::{Measure, Metric, Total};
pub(crate) use condition::Condition;
pub use filter::{Filter, IntoFilter};
pub(crate) use ids::{Ids, Via, is_too_long};
pub use number::{Number, Numeric};
pub(crate) use number_of::{NUMBER, counted};
pub(crate) use options::Options;
pub use page::Page;
pub(crate) use pipeline::{assign, with_elements, without_elements};
pub(crate) use related::{invalid, question};
pub use sort::{IntoSort, Sort};
pub use update::{IntoUpdate, Update};

use std::fmt;
use std::marker::PhantomData;

use mongodb::bson::{Bson, RawDocumentBuf};

use crate::Model;
use crate::bson::nesting;
use crate::error::Refusal;
use crate::observe::Call;
use crate::plan::{AcceptsStep, NotIn, Plan, Step, View, WithoutEager};
use crate::schema::{Documents, KeyHolder, RelationMetadata, Visible};

/// A query of the collection of `M`.
///
/// It sends nothing until a terminal method (`all`, `first`, `count`, ..) is awaited.
///
/// ```no_run
/// use earnorm::prelude::*;
///
/// # #[derive(Serialize, Deserialize, Model)]
/// # struct User { #[serde(rename = "_id")] id: ObjectId, name: String, age: Option<u32> }
/// # async fn run(db: mongodb::Database) -> earnorm::Result<()> {
/// let adults: Vec<User> = User::find_all()
///     .filter(User::AGE.gte(18))
///     .order_by(User::NAME.asc())
///     .limit(10)
///     .all(&db)
///     .await?;
/// # Ok(()) }
/// ```
#[must_use = "a query does nothing until a terminal method, such as `all`, is awaited"]
pub struct Query<M, P = (), V = M> {
    pub(crate) filter: Filter<M>,
    /// The relation that this query follows. Its limit always applies; its order applies unless the query has another
    /// one.
    pub(crate) relation: Option<&'static RelationMetadata>,
    pub(crate) order: Sort<M>,
    pub(crate) skip: Option<u64>,
    pub(crate) limit: Option<u64>,
    pub(crate) after: Option<RawDocumentBuf>,
    pub(crate) options: Options,
    /// For a relation through a join model, the command that finds the ids of the documents.
    pub(crate) via: Option<Via>,
    /// The ids of the documents, if they are known.
    pub(crate) ids: Option<Ids>,
    /// The ids of documents that are excluded.
    pub(crate) without: Option<Vec<Bson>>,
    /// Whether the query can't have a result, so that nothing is sent.
    pub(crate) empty: bool,
    /// A mistake in the query, which is reported when it runs.
    pub(crate) refusal: Option<Refusal>,
    /// Whether it reads deleted documents, if the model marks them.
    pub(crate) visible: Visible,
    /// What is loaded with the documents.
    pub(crate) plan: P,
    /// As what the documents are read.
    pub(crate) view: PhantomData<fn() -> V>,
}

impl<M, P: Clone, V> Clone for Query<M, P, V> {
    fn clone(&self) -> Self {
        Self {
            filter: self.filter.clone(),
            relation: self.relation,
            order: self.order.clone(),
            skip: self.skip,
            limit: self.limit,
            after: self.after.clone(),
            options: self.options.clone(),
            via: self.via.clone(),
            ids: self.ids.clone(),
            without: self.without.clone(),
            empty: self.empty,
            refusal: self.refusal.clone(),
            visible: self.visible,
            plan: self.plan.clone(),
            view: PhantomData,
        }
    }
}

impl<M: Model, P, V> fmt::Debug for Query<M, P, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.to_query() {
            Ok(find) => write!(f, "Query({find})"),
            Err(error) => write!(f, "Query({error})"),
        }
    }
}

impl<M> Query<M> {
    pub(crate) fn new(filter: Filter<M>) -> Self {
        Self {
            filter,
            relation: None,
            order: mongodb::bson::Document::new().into(),
            skip: None,
            limit: None,
            after: None,
            options: Options::default(),
            via: None,
            ids: None,
            without: None,
            empty: false,
            refusal: None,
            visible: Visible::Live,
            plan: (),
            view: PhantomData,
        }
    }

    /// The query for the documents of a relation: those that match `filter`, the tag of the relation's key and the
    /// relation's own filter, with the order and limit of the relation.
    pub(crate) fn related(relation: &'static RelationMetadata, filter: Filter<M>) -> Self {
        let mut query = Self::new(filter);
        query.relation = Some(relation);
        // the key itself is compared elsewhere
        if let (KeyHolder::Target, Some(tag)) = (relation.holder, &relation.tag) {
            query = query.filter(tag.filter());
        }
        match relation.filter {
            Some(declared) => query.filter(declared()),
            None => query,
        }
    }

    /// Makes the query fail with this refusal when it runs, unless it has one already.
    pub(crate) fn unless(mut self, refusal: Option<Refusal>) -> Self {
        self.refusal = self.refusal.or(refusal);
        self
    }

    /// Restricts the query to the ids that `via` finds.
    pub(crate) fn via(mut self, via: Via) -> Self {
        self.via = Some(via);
        self
    }

    /// Removes the command that would run before the query.
    pub(crate) fn direct(mut self) -> Self {
        self.via = None;
        self
    }

    /// Restricts the query to these ids.
    pub(crate) fn among(mut self, ids: Vec<Bson>) -> Self {
        self.empty |= ids.is_empty();
        self.ids = Some(Ids { list: ids, keep_order: false });
        self
    }

    /// Restricts the query to these ids, in their order unless the query has another one. Replaces earlier ids.
    pub(crate) fn in_order_of(mut self, ids: Vec<Bson>) -> Self {
        self.ids = Some(Ids { list: ids, keep_order: true });
        self
    }

    /// Excludes the documents with these ids.
    pub(crate) fn without(mut self, ids: Vec<Bson>) -> Self {
        self.without = Some(ids);
        self
    }

    /// Removes the limits, for a call that tests a single document. A limit of 0 is kept.
    pub(crate) fn without_limits(mut self) -> Self {
        self.relation = None;
        self.limit = self.limit.filter(|n| *n == 0);
        self
    }

    /// Makes the query return no documents without sending anything.
    pub(crate) fn none(mut self) -> Self {
        self.empty = true;
        self
    }

    pub(crate) fn with_plan<P>(self, plan: P) -> Query<M, P> {
        self.replace_plan(plan).0
    }

    /// Whether the query or its relation has an order.
    pub(crate) fn is_ordered(&self) -> bool {
        !self.order.keys.is_empty() || self.relation.is_some_and(|relation| !relation.order_by.is_empty())
    }
}

impl<M, P, V> Query<M, P, V> {
    /// Adds a filter: only documents that match it too are returned. See [`Filter`].
    pub fn filter(mut self, filter: impl IntoFilter<M>) -> Self {
        self.filter = self.filter & filter.into_filter();
        self
    }

    /// Sorts the results. A further call adds keys for documents that are equal so far.
    ///
    /// Documents that are still equal are sorted by `_id`. On a relation, the first call replaces the declared order.
    pub fn order_by(mut self, order: impl IntoSort<M>) -> Self {
        let mut order = order.into_sort();
        let Sort { keys, refusal, .. } = &mut order;
        self.refusal = self.refusal.or(refusal.take());
        match nesting::check_depth(std::mem::take(keys)) {
            Ok((keys, _)) => self.order = [self.order, Sort { keys, ..order }].into(),
            Err(source) => self.refusal = self.refusal.or(Some(Refusal::encode::<M>(source))),
        }
        self
    }

    /// How many results to skip. Without an order, results are sorted by `_id`.
    pub fn skip(mut self, n: u64) -> Self {
        self.skip = Some(n);
        self
    }

    /// How many results to return at most; 0 returns none. Without an order, results are sorted by `_id`.
    ///
    /// On a relation that declares a limit, the smaller one applies.
    pub fn limit(mut self, n: u64) -> Self {
        self.limit = Some(n);
        self
    }
}

impl<M: Model, P, V> Query<M, P, V> {
    /// The documents that it reads.
    pub(crate) fn documents(&self) -> Documents {
        M::METADATA.documents().visible(self.visible)
    }
}

impl<M: Model, P: Plan<M>, V: View<M>> Query<M, P, V> {
    /// Loads a relation with the documents, or its count. The relation can have modifiers and further relations.
    ///
    /// This sends one command for each 1,000 distinct keys, however many documents there are; for a many-to-many
    /// through a join model, two. The type of the result has what was loaded:
    /// [`Loaded::related`](crate::Loaded::related) of any other relation doesn't compile. For an eager relation
    /// (`lazy_load = false`), this include replaces the automatic one.
    ///
    /// ```no_run
    /// use earnorm::prelude::*;
    ///
    /// # #[derive(Serialize, Deserialize, Model)]
    /// # #[relation(one_to_many, target = "Post", fk = "author_id")]
    /// # struct User { #[serde(rename = "_id")] id: ObjectId, name: String }
    /// # #[derive(Serialize, Deserialize, Model)]
    /// # struct Post { #[serde(rename = "_id")] id: ObjectId, likes: i64, author_id: ObjectId }
    /// # async fn run(db: mongodb::Database) -> earnorm::Result<()> {
    /// let users = User::find_all()
    ///     .with(User::POSTS.order_by(Post::LIKES.desc()).limit(3))
    ///     .with(User::POSTS.count())
    ///     .all(&db)
    ///     .await?;
    /// for user in &users {
    ///     println!("{}: {} of {}", user.name, user.related(User::POSTS).len(), user.count(User::POSTS));
    /// }
    /// # Ok(()) }
    /// ```
    pub fn with<X>(self, step: X) -> Query<M, (P::Rest, X::Itself), V>
    where
        X: Step<M>,
        P: AcceptsStep<X::Key, Rest: Plan<M>>,
        X::Key: NotIn<<P::Rest as Plan<M>>::Out>,
    {
        let (query, plan) = self.split();
        query.replace_plan((plan.rest(), step.itself())).0
    }

    /// Reads only some fields of each document, as a [`View`]. The results are of the type `W`, or a
    /// [`Loaded<W, _>`](crate::Loaded) with the relations that the query loads.
    ///
    /// As many commands as without a view. The server sends the fields of the view, `_id`, and the keys of the relations that
    /// are loaded, whether the view has them or not. If a key isn't stored like the id that it refers to, because it has an
    /// encoder, it sends whole documents. Eager relations (`lazy_load = false`) aren't loaded, unless the query asks for them.
    ///
    /// ```no_run
    /// use earnorm::prelude::*;
    ///
    /// # #[derive(Serialize, Deserialize, Model)]
    /// # #[relation(one_to_many, target = Post, fk = author_id)]
    /// # struct User { #[serde(rename = "_id")] id: ObjectId, name: String, age: u32 }
    /// # #[derive(Serialize, Deserialize, Model)]
    /// # struct Post { #[serde(rename = "_id")] id: ObjectId, title: String, text: String, author_id: ObjectId }
    /// #[derive(Deserialize, View)]
    /// #[view(of = User)]
    /// struct UserCard { name: String }
    ///
    /// #[derive(Deserialize, View)]
    /// #[view(of = Post)]
    /// struct PostTitle { title: String }
    ///
    /// # async fn run(db: mongodb::Database) -> earnorm::Result<()> {
    /// let cards = User::find(User::AGE.gte(18))
    ///     .view::<UserCard>()
    ///     .with(User::POSTS.view::<PostTitle>().limit(3))
    ///     .all(&db)
    ///     .await?; // two commands
    /// for card in &cards {
    ///     let titles: Vec<&str> = card.related(User::POSTS).iter().map(|post| post.title.as_str()).collect();
    ///     println!("{}: {titles:?}", card.name);
    /// }
    /// # Ok(()) }
    /// ```
    pub fn view<W: View<M>>(self) -> Query<M, P::Rest, W::Itself>
    where
        P: WithoutEager<M>,
    {
        let (query, plan) = self.split();
        query.replace_plan(plan.without_eager()).0
    }
}

impl<M, P, V> Query<M, P, V> {
    /// Reads deleted documents too, or only these.
    pub(crate) fn visible(mut self, visible: Visible) -> Self {
        self.visible = visible;
        self
    }

    /// A call that sends this query.
    #[track_caller]
    pub(crate) fn call(&self, operation: &'static str) -> Call
    where
        M: Model,
    {
        // no closures: the caller of a closure isn't that of the method
        match self.options.source {
            Some(source) => Call::reads(source, operation),
            None => Call::of(M::METADATA, operation),
        }
    }

    /// Splits the query into the query itself, and what is loaded with its results.
    pub(crate) fn split(self) -> (Query<M>, P) {
        self.replace_plan(())
    }

    fn replace_plan<Q, W>(self, plan: Q) -> (Query<M, Q, W>, P) {
        let Self {
            filter,
            relation,
            order,
            skip,
            limit,
            after,
            options,
            via,
            ids,
            without,
            empty,
            refusal,
            visible,
            ..
        } = self;
        let query = Query {
            filter,
            relation,
            order,
            skip,
            limit,
            after,
            options,
            via,
            ids,
            without,
            empty,
            refusal,
            visible,
            plan,
            view: PhantomData,
        };
        (query, self.plan)
    }
}

/// The `find` of a model with eager relations.
#[doc(hidden)]
pub fn find<M: Model, P>(filter: impl IntoFilter<M>, plan: P) -> Query<M, P> {
    Query::new(filter.into_filter()).with_plan(plan)
}

/// The `find_all` of a model with eager relations.
#[doc(hidden)]
pub fn find_all<M: Model, P>(plan: P) -> Query<M, P> {
    Query::new(Filter::default()).with_plan(plan)
}
