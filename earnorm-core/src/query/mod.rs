//! What the user asks: filters, order, window, and the calls that run it.

mod after;
mod condition;
mod filter;
mod ids;
mod into;
mod join;
mod kinds;
mod number;
mod page;
mod pipeline;
mod question;
mod related;
mod render;
mod sort;
mod update;

pub use filter::{Filter, IntoFilter};
pub(crate) use ids::{Ids, is_too_long};
pub use number::{Number, Numeric};
pub use page::Page;
pub(crate) use pipeline::{appended, assign, removed};
pub(crate) use related::{invalid, question};
pub use sort::{IntoSort, Sort};
pub use update::{IntoUpdate, Update};

use std::fmt;
use std::time::Duration;

use mongodb::bson::{Bson, RawDocumentBuf, doc};
use mongodb::options::{Collation, Hint};

use crate::Model;
use crate::bson;
use crate::bson::nesting;
use crate::error::Refusal;
use crate::plan::{NotIn, Plan, Step, Strategy, Takes};
use crate::schema::RelationMetadata;
use crate::schema::Stored;
use crate::store::Find;

/// A question to the collection of `M`: nothing is sent before one of its last calls (`all`, `first`, `count`, ..) is
/// awaited.
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
#[must_use = "a query does nothing until one of its last calls is awaited"]
pub struct Query<M, P = ()> {
    pub(crate) filter: Filter<M>,
    /// The relation that this query follows: its order holds until another is given, its limit always.
    pub(crate) relation: Option<&'static RelationMetadata>,
    pub(crate) order: Sort<M>,
    pub(crate) skip: Option<u64>,
    pub(crate) limit: Option<u64>,
    pub(crate) after: Option<RawDocumentBuf>,
    pub(crate) options: Options,
    /// Where the ids of the documents are to be found first, for a relation through a join model.
    pub(crate) via: Option<Via>,
    /// The ids of the documents, where they are known.
    pub(crate) ids: Option<Ids>,
    /// Ids of documents that it leaves out.
    pub(crate) without: Option<Vec<Bson>>,
    /// Known to have no result, so nothing is sent.
    pub(crate) empty: bool,
    pub(crate) refusal: Option<Refusal>,
    /// What is loaded with the documents.
    pub(crate) plan: P,
}

/// The command that goes before a query: it finds the ids under one key of a join model's documents.
#[derive(Debug, Clone)]
pub(crate) struct Via {
    pub(crate) find: Find,
    pub(crate) key: &'static str,
    /// How the ids are stored under it.
    pub(crate) stored: Stored,
}

/// How the query is run: what goes to the driver as it is, and how relations are loaded.
#[derive(Debug, Clone, Default)]
pub(crate) struct Options {
    pub(crate) strategy: Strategy,
    pub(crate) collation: Option<Collation>,
    pub(crate) hint: Option<Hint>,
    pub(crate) comment: Option<Bson>,
    pub(crate) max_time: Option<Duration>,
}

impl<M, P: Clone> Clone for Query<M, P> {
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
            plan: self.plan.clone(),
        }
    }
}

impl<M: Model, P> fmt::Debug for Query<M, P> {
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
            plan: (),
        }
    }

    /// The documents of a relation: those that fulfil `filter` and what the relation declares, in its order and number.
    pub(crate) fn related(relation: &'static RelationMetadata, filter: Filter<M>) -> Self {
        let mut query = Self::new(filter);
        query.relation = Some(relation);
        match relation.filter {
            Some(declared) => query.filter(declared()),
            None => query,
        }
    }

    /// The query itself, or one that refuses to run.
    pub(crate) fn unless(mut self, refusal: Option<Refusal>) -> Self {
        self.refusal = self.refusal.or(refusal);
        self
    }

    /// Only the documents whose ids `via` finds.
    pub(crate) fn via(mut self, via: Via) -> Self {
        self.via = Some(via);
        self
    }

    /// The query without the command that would go before it.
    pub(crate) fn direct(mut self) -> Self {
        self.via = None;
        self
    }

    /// Only the documents with these ids.
    pub(crate) fn among(mut self, ids: Vec<Bson>) -> Self {
        self.empty |= ids.is_empty();
        self.ids = Some(Ids { list: ids, arranged: false });
        self
    }

    /// Only the documents with these ids, in their order where no other is asked for. Called again, with these instead.
    pub(crate) fn arranged(mut self, ids: Vec<Bson>) -> Self {
        self.ids = Some(Ids { list: ids, arranged: true });
        self
    }

    /// Without the documents with these ids.
    pub(crate) fn without(mut self, ids: Vec<Bson>) -> Self {
        self.without = Some(ids);
        self
    }

    /// Those of its documents that belong to it whatever their number: for what asks of one of them. None for a limit of 0.
    pub(crate) fn unnumbered(mut self) -> Self {
        self.relation = None;
        self.limit = self.limit.filter(|n| *n == 0);
        self
    }

    /// No documents.
    pub(crate) fn none(mut self) -> Self {
        self.empty = true;
        self
    }
}

impl<M, P> Query<M, P> {
    /// Only documents that match this filter too: conditions on their fields and on related documents, see [`Filter`].
    pub fn filter(mut self, filter: impl IntoFilter<M>) -> Self {
        self.filter = self.filter & filter.into_filter();
        self
    }

    /// The order of the results. A further call decides between those that are equal so far.
    ///
    /// `_id` decides last, unless it is named before. On a relation, the first call replaces the declared order.
    pub fn order_by(mut self, order: impl IntoSort<M>) -> Self {
        let order = order.into_sort();
        match nesting::check_depth(order.keys) {
            Ok((keys, _)) => self.order = [self.order, keys.into()].into(),
            Err(source) => self.refusal = self.refusal.or(Some(Refusal::encode::<M>(source))),
        }
        self
    }

    /// Leaves out the first `n` results. Without an order, they go by `_id`.
    pub fn skip(mut self, n: u64) -> Self {
        self.skip = Some(n);
        self
    }

    /// At most `n` results, none for 0. Without an order, they go by `_id`. A relation's own limit isn't exceeded.
    pub fn limit(mut self, n: u64) -> Self {
        self.limit = Some(n);
        self
    }

    /// How what [`with`](Query::with) asks for is loaded: in batches, or all in one command.
    ///
    /// ```no_run
    /// use earnorm::prelude::*;
    ///
    /// # #[derive(Serialize, Deserialize, Model)]
    /// # #[relation(one_to_many, target = "Post", fk = "author_id")]
    /// # struct User { #[serde(rename = "_id")] id: ObjectId, name: String }
    /// # #[derive(Serialize, Deserialize, Model)]
    /// # struct Post { #[serde(rename = "_id")] id: ObjectId, author_id: ObjectId }
    /// # async fn run(db: mongodb::Database) -> earnorm::Result<()> {
    /// let ada = User::find(User::NAME.eq("Ada")).with(User::POSTS).strategy(Strategy::Lookup).one(&db).await?;
    /// # Ok(()) }
    /// ```
    pub fn strategy(mut self, strategy: Strategy) -> Self {
        self.options.strategy = strategy;
        self
    }

    /// How strings are compared by the query's filters and order. Keys and ids are compared as they are.
    ///
    /// The default collation of a *collection* decides which keys and ids are equal as well, for every way to ask: with
    /// `{ locale: "en", strength: 2 }`, the key `"ANN"` refers to the id `"Ann"`. Give both collections of a relation the
    /// same one: a batch or a handle compares by the collation of the collection that it reads, and
    /// [`Strategy::Lookup`] and conditions on related documents compare by that of the query's own. A batch that finds a
    /// document by a key which it doesn't have asks the server which keys are equal, and reads again: one command more, and
    /// the batch's own once more. No other batch sends a further command, except if two wanted keys differ only in case,
    /// accents or punctuation.
    pub fn collation(mut self, collation: Collation) -> Self {
        self.options.collation = Some(collation);
        self
    }

    /// Which index to use.
    pub fn hint(mut self, hint: Hint) -> Self {
        self.options.hint = Some(hint);
        self
    }

    /// A word that the server's logs and profiler show with the command.
    pub fn comment(mut self, comment: impl Into<Bson>) -> Self {
        match nesting::check_depth(doc! { "comment": comment.into() }) {
            Ok((mut checked, _)) => self.options.comment = checked.remove("comment"),
            Err(source) => self.refusal = self.refusal.or(Some(Refusal::encode::<M>(source))),
        }
        self
    }

    /// How long the server may work on it; then it is an [`Error::Driver`](crate::Error::Driver) with code 50.
    pub fn max_time(mut self, time: Duration) -> Self {
        self.options.max_time = Some(time);
        self
    }
}

impl<M: Model, P> Query<M, P> {
    /// Only what comes behind this document in the order of the query: the next page, for the price of one command
    /// however far in it is.
    ///
    /// The order's fields are read from `last` as they would be stored, and compared as the server sorts them: nulls and
    /// missing fields first, then NaN, then the other numbers whatever their types, then the other types in
    /// [their order](https://www.mongodb.com/docs/manual/reference/bson-type-comparison-order/). The pages together contain
    /// each document once. If that can't be guaranteed, the call fails with
    /// [`Error::Invalid`](crate::Error::Invalid):
    ///
    /// * `last` has an array in one of these fields;
    /// * the model doesn't have the field;
    /// * the order has no direction;
    /// * the query has a [`collation`](Query::collation) and the id of `last` contains text, since the collation may take two
    ///   ids for equal. (The default collation of a collection never does: its ids are unique under it.)
    ///
    /// A web client needs to send only the id of the last document: get it, one command more, and pass it.
    ///
    /// ```no_run
    /// # use earnorm::prelude::*;
    /// # #[derive(Serialize, Deserialize, Model)]
    /// # struct User { #[serde(rename = "_id")] id: ObjectId, name: String }
    /// # async fn run(db: mongodb::Database, last: ObjectId) -> earnorm::Result<()> {
    /// let mut page = User::find_all().order_by(User::NAME.asc()).limit(20);
    /// if let Some(last) = User::get(&db, last).await? {
    ///     page = page.after(&last);
    /// }
    /// let users = page.all(&db).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// Within a relation that declares a limit, the pages end with it; what it shows is read first, by ids, one command
    /// more. Of an array of ids without an order, the array's is paged by.
    pub fn after(mut self, last: &M) -> Self {
        match bson::encode_document(last) {
            Ok(document) => self.after = Some(document),
            Err(source) => {
                self.refusal.get_or_insert(Refusal::Encode { model: M::METADATA.name, source });
            }
        }
        self
    }
}

impl<M: Model, P: Plan<M>> Query<M, P> {
    /// Loads a relation of the documents with them, or its count, or a relation with modifiers and relations of its own.
    ///
    /// Each costs one command for every started 1,000 distinct keys (a many-to-many through a join model, that twice),
    /// however many documents there are. What is loaded is in the type of the result: [`Loaded::related`](crate::Loaded::related)
    /// of anything else doesn't compile. A relation that loads by itself (`lazy_load = false`) gives way to this.
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
    pub fn with<X>(self, step: X) -> Query<M, (P::Rest, X::Itself)>
    where
        X: Step<M>,
        P: Takes<X::Key, Rest: Plan<M>>,
        X::Key: NotIn<<P::Rest as Plan<M>>::Out>,
    {
        let (query, plan) = self.split();
        query.planned((plan.rest(), step.itself()))
    }
}

impl<M, P> Query<M, P> {
    /// The question, and what is to be loaded with its answers.
    pub(crate) fn split(self) -> (Query<M>, P) {
        self.exchange(())
    }

    fn exchange<Q>(self, plan: Q) -> (Query<M, Q>, P) {
        let Self { filter, relation, order, skip, limit, after, options, via, ids, without, empty, refusal, .. } = self;
        let query =
            Query { filter, relation, order, skip, limit, after, options, via, ids, without, empty, refusal, plan };
        (query, self.plan)
    }
}

impl<M> Query<M> {
    pub(crate) fn planned<P>(self, plan: P) -> Query<M, P> {
        self.exchange(plan).0
    }

    /// Whether an order is asked for, or declared.
    pub(crate) fn is_ordered(&self) -> bool {
        !self.order.keys.is_empty() || self.relation.is_some_and(|relation| !relation.order_by.is_empty())
    }
}

/// The queries of a model with relations that load by themselves begin here.
#[doc(hidden)]
pub fn find<M: Model, P>(filter: impl IntoFilter<M>, plan: P) -> Query<M, P> {
    Query::new(filter.into_filter()).planned(plan)
}

#[doc(hidden)]
pub fn find_all<M: Model, P>(plan: P) -> Query<M, P> {
    Query::new(Filter::default()).planned(plan)
}
