//! The handle of a relation, with the methods that several kinds of relations share.

use std::fmt;
use std::marker::PhantomData;

use mongodb::Database;

use crate::embedded::Record;
use crate::observe::{Explanation, Source};
use crate::plan::{Leads, NotIn, Step};
use crate::relation::{Association, Kind, Relation, kind};
use crate::schema::RelationMetadata;
use crate::store::{BoxFuture, Executor, Find, Rows};
use crate::{DeletePlan, DeleteReport, Filter, IntoFilter, IntoSort, IntoUpdate, Model, Page, Query, Result};

/// A query for the related documents of one document. A method like `user.posts()` returns it. It sends nothing until
/// one of its calls is awaited.
///
/// Each kind of relation has its own methods that write. They are documented at the aliases:
/// [`ToMany`](crate::ToMany), [`ToOne`](crate::ToOne), [`HasOne`](crate::HasOne), [`Links`](crate::Links),
/// [`ByIds`](crate::ByIds) and [`InIds`](crate::InIds).
#[must_use = "a relation does nothing until one of its calls is awaited"]
pub struct Handle<'a, S: 'static, T: 'static, R, K: Kind<S, T>> {
    pub(super) source: &'a S,
    pub(super) keys: K::Keys,
    pub(super) query: Query<T>,
    /// The filters that were added to those of the relation.
    added: Filter<T>,
    pub(super) relation: PhantomData<fn() -> R>,
}

impl<S: 'static, T: 'static, R, K: Kind<S, T>> Clone for Handle<'_, S, T, R, K> {
    fn clone(&self) -> Self {
        let Self { source, keys, .. } = *self;
        Self { source, keys, query: self.query.clone(), added: self.added.clone(), relation: PhantomData }
    }
}

impl<S: 'static, T: Model, R: Relation, K: Kind<S, T>> fmt::Debug for Handle<'_, S, T, R, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple(R::META.name).field(&self.query).finish()
    }
}

/// The query that finds the documents of a handle, for each kind of relation.
#[doc(hidden)]
pub trait OpensHandle<S: 'static, T: 'static>: Kind<S, T> {
    #[doc(hidden)]
    fn query(keys: Self::Keys, source: &S, relation: &'static RelationMetadata) -> Query<T>;
}

impl<S: Record, T: 'static, R: Relation<Source = S>, K: OpensHandle<S, T> + Leads> Association<S, T, R, K> {
    #[doc(hidden)]
    pub fn handle(self, source: &S) -> Handle<'_, S, T, R, K> {
        let mut query = K::query(self.keys, source, R::META);
        query.options.source = Some(Source::new(source, R::META));
        Handle { source, keys: self.keys, query, added: Filter::default(), relation: PhantomData }
    }
}

/// A handle in parts: its document and its relation, and the query for the related documents of any document.
pub(crate) struct HandleParts<'a, S: 'static, T: 'static, R, K: Kind<S, T>> {
    pub(crate) source: &'a S,
    pub(crate) relation: Association<S, T, R, K>,
    /// The query of the handle, without the condition that the documents belong to `source`. It has no `after`.
    pub(crate) query: Query<T>,
    /// Whether this is the query of the relation, without changes.
    pub(crate) unchanged: bool,
    /// The query of the handle itself.
    pub(crate) own: Query<T>,
}

impl<'a, S: 'static, T: 'static, R: Relation, K: Kind<S, T>> Handle<'a, S, T, R, K> {
    pub(crate) fn into_parts(self) -> HandleParts<'a, S, T, R, K> {
        let Self { source, keys, query: own, added, .. } = self;
        let unchanged = added.is_always() && own.order.keys.is_empty() && own.skip.is_none() && own.limit.is_none();
        let mut query = Query::related(R::META, Filter::default()).filter(added);
        (query.order, query.skip, query.limit) = (own.order.clone(), own.skip, own.limit);
        HandleParts { source, relation: Association::of_keys(keys), query, unchanged, own }
    }
}

/// A document that can be written alone: one of a model, not an embedded one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is an embedded document, so its keys are written with the document that holds it",
    label = "the relation of an embedded document",
    note = "set the key and save the document that holds it; or update the key, as in `order.update(&db, Order::LINES.each_where(..).at(Line::PRODUCT_ID).set(id))`"
)]
pub trait Standalone: Model {}

#[diagnostic::do_not_recommend]
impl<M: Model> Standalone for M {}

/// A kind of relation that leads to any number of documents.
#[diagnostic::on_unimplemented(
    message = "this relation leads to at most one document, so it has no such call",
    label = "leads to at most one document",
    note = "call `get`, `require` or `exists`"
)]
pub trait LeadsToMany {}

#[diagnostic::do_not_recommend]
impl LeadsToMany for kind::OneToMany {}
#[diagnostic::do_not_recommend]
impl<J> LeadsToMany for kind::ManyToMany<J> {}
#[diagnostic::do_not_recommend]
impl LeadsToMany for kind::ManyToManyByIds {}
#[diagnostic::do_not_recommend]
impl LeadsToMany for kind::ManyToManyInIds {}
#[diagnostic::do_not_recommend]
impl LeadsToMany for kind::ManyToManyInElements {}

/// A kind of relation that leads to at most one document.
#[diagnostic::on_unimplemented(
    message = "this relation leads to any number of documents, so it has no such call",
    label = "leads to any number of documents",
    note = "to read, call `all`, `first` or `one`; to delete, call `delete_all`"
)]
pub trait LeadsToOne {}

#[diagnostic::do_not_recommend]
impl LeadsToOne for kind::OneToOne {}
#[diagnostic::do_not_recommend]
impl LeadsToOne for kind::ManyToOne {}

impl<S: Record, T: Model, R: Relation<Source = S>, K: Kind<S, T>> Handle<'_, S, T, R, K> {
    /// Includes only documents that match this filter too, besides the conditions of the relation.
    pub fn filter(mut self, filter: impl IntoFilter<T>) -> Self {
        let filter = filter.into_filter();
        self.added = self.added & filter.clone();
        self.query = self.query.filter(filter);
        self
    }

    /// Sorts the results by this order instead of the relation's own; see
    /// [`Query::order_by`](crate::Query::order_by).
    pub fn order_by(mut self, order: impl IntoSort<T>) -> Self
    where
        K: LeadsToMany,
    {
        self.query = self.query.order_by(order);
        self
    }

    /// Skips the first `n` documents. Without an order, they are sorted by `_id`.
    pub fn skip(mut self, n: u64) -> Self
    where
        K: LeadsToMany,
    {
        self.query = self.query.skip(n);
        self
    }

    /// Returns at most `n` documents, none for 0, and never more than the relation's own limit. Without an order,
    /// they are sorted by `_id`.
    pub fn limit(mut self, n: u64) -> Self
    where
        K: LeadsToMany,
    {
        self.query = self.query.limit(n);
        self
    }

    /// Includes only documents after this one in the order of the relation; see
    /// [`Query::after`](crate::Query::after). If the relation declares a limit, one more command reads the ids of the
    /// documents within that limit.
    pub fn after(mut self, last: &T) -> Self
    where
        K: LeadsToMany,
    {
        self.query = self.query.after(last);
        self
    }

    /// Returns every document of the relation. One command, or two through a join model, and one more for every
    /// further 16 MiB. By an array of ids or through a join model, one more for every further 1,000 ids.
    ///
    /// # Errors
    ///
    /// [`Error::Unsaved`](crate::Error::Unsaved) if this document has no id yet and the relation uses it; otherwise
    /// the same as for [`Query::all`](crate::Query::all). All methods that read return these errors.
    #[track_caller]
    pub fn all<'e>(self, on: impl Executor<'e>) -> BoxFuture<'e, Result<Vec<T>>>
    where
        K: LeadsToMany,
    {
        self.query.all(on)
    }

    /// Returns the first document. Without an order, that is the one with the least `_id` or, by an array of ids, the
    /// first of the array. One command, or two through a join model.
    ///
    /// # Errors
    ///
    /// The same as for [`all`](Self::all).
    #[track_caller]
    pub fn first<'e>(self, on: impl Executor<'e>) -> BoxFuture<'e, Result<Option<T>>>
    where
        K: LeadsToMany,
    {
        self.query.first(on)
    }

    /// Returns the only document. One command, or two through a join model. See [`Query::one`](crate::Query::one).
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`](crate::Error::NotFound) if there is no document,
    /// [`Error::NotUnique`](crate::Error::NotUnique) if there are several; otherwise the same as for
    /// [`all`](Self::all).
    #[track_caller]
    pub fn one<'e>(self, on: impl Executor<'e>) -> BoxFuture<'e, Result<T>>
    where
        K: LeadsToMany,
    {
        self.query.one(on)
    }

    /// Returns the number of documents without reading them. One command, or two through a join model. By an array of
    /// ids or through a join model, one more for every further 1,000 ids.
    ///
    /// # Errors
    ///
    /// The same as for [`all`](Self::all).
    #[track_caller]
    pub fn count<'e>(self, on: impl Executor<'e>) -> BoxFuture<'e, Result<u64>>
    where
        K: LeadsToMany,
    {
        self.query.count(on)
    }

    /// Returns whether there is a document, without reading it. One command, or two through a join model.
    ///
    /// # Errors
    ///
    /// The same as for [`all`](Self::all).
    #[track_caller]
    pub fn exists<'e>(self, on: impl Executor<'e>) -> BoxFuture<'e, Result<bool>> {
        self.query.exists(on)
    }

    /// Returns the documents one at a time, in constant memory; see [`Rows`](crate::Rows). One command for every
    /// 1,000 documents; through a join model, one more before them. If the documents are in the order of an array of
    /// ids, all of them are read at once.
    ///
    /// # Errors
    ///
    /// The same as for [`all`](Self::all). An error is an item of the stream, and the stream ends after it.
    #[track_caller]
    pub fn stream<'e>(self, on: impl Executor<'e>) -> Rows<'e, T>
    where
        K: LeadsToMany,
    {
        self.query.stream(on)
    }

    /// Returns page `number` of `size` documents; see [`Query::page`](crate::Query::page). Two commands, or three
    /// through a join model.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`](crate::Error::Invalid) for page 0 or a size of 0; otherwise the same as for
    /// [`all`](Self::all).
    #[track_caller]
    pub fn page<'e>(self, on: impl Executor<'e>, number: u64, size: u64) -> BoxFuture<'e, Result<Page<T>>>
    where
        K: LeadsToMany,
    {
        self.query.page(on, number, size)
    }

    /// Updates every document of the relation, and returns how many there were. One command, or two through a join
    /// model, and one more with a limit, a `skip`, an `after` or a condition on related documents; see
    /// [`Query::update`](crate::Query::update). No hooks run.
    ///
    /// # Errors
    ///
    /// [`Error::Unsaved`](crate::Error::Unsaved) if this document has no id yet and the relation uses it; otherwise
    /// the same as for [`Query::update`](crate::Query::update).
    #[track_caller]
    pub fn update_all<'e>(self, on: impl Executor<'e>, update: impl IntoUpdate<T>) -> BoxFuture<'e, Result<u64>>
    where
        K: LeadsToMany,
    {
        self.query.call("update_all").run_boxed(self.query.update(on, update))
    }

    /// Deletes every document of the relation by the rules of its model. As many commands as
    /// [`Query::delete`](crate::Query::delete), and one more through a join model.
    ///
    /// # Errors
    ///
    /// [`Error::Unsaved`](crate::Error::Unsaved) if this document has no id yet and the relation uses it; otherwise
    /// the same as for [`Query::delete`](crate::Query::delete).
    #[track_caller]
    pub fn delete_all<'e>(self, on: impl Executor<'e>) -> BoxFuture<'e, Result<DeleteReport>>
    where
        K: LeadsToMany,
    {
        self.query.call("delete_all").run_boxed(self.query.delete(on))
    }

    /// Returns everything that [`delete_all`](Self::delete_all) would do, without writing; see
    /// [`Query::plan_delete`](crate::Query::plan_delete).
    #[track_caller]
    pub fn plan_delete<'e>(self, on: impl Executor<'e>) -> BoxFuture<'e, Result<DeletePlan>>
    where
        K: LeadsToMany,
    {
        self.query.plan_delete(on)
    }

    /// Runs [`delete_all`](Self::delete_all) if it does exactly what a plan with this
    /// [`digest`](crate::DeletePlan::digest) lists; see [`Query::delete_if`](crate::Query::delete_if).
    ///
    /// # Errors
    ///
    /// [`Error::StalePlan`](crate::Error::StalePlan) if the delete would do something else than planned; nothing is
    /// written then. Otherwise the same as for [`delete_all`](Self::delete_all).
    #[track_caller]
    pub fn delete_all_if<'e>(
        self,
        on: impl Executor<'e>,
        digest: impl AsRef<str>,
    ) -> BoxFuture<'e, Result<DeleteReport>>
    where
        K: LeadsToMany,
    {
        self.query.call("delete_all_if").run_boxed(self.query.delete_if(on, digest))
    }

    /// Returns a query for the same documents that also loads one of their relations; see
    /// [`Query::with`](crate::Query::with).
    pub fn with<X: Step<T>>(self, step: X) -> Query<T, ((), X::Itself)>
    where
        K: LeadsToMany,
        X::Key: NotIn<()>,
    {
        self.query.with(step)
    }

    /// Says how the server runs the commands of the relation; see [`Query::explain`](crate::Query::explain). Two times as many
    /// commands as [`Query::all`] of the relation.
    ///
    /// # Errors
    ///
    /// The same as for [`Query::all`].
    #[track_caller]
    pub fn explain(self, db: &Database) -> BoxFuture<'_, Result<Explanation>> {
        self.query.explain(db)
    }

    /// Returns the query as it would be sent, without sending it.
    ///
    /// # Errors
    ///
    /// The same as for [`Query::to_query`](crate::Query::to_query).
    pub fn to_query(&self) -> Result<Find> {
        self.query.to_query()
    }

    /// Returns the related document, if it exists. One command; none if this document holds the key and the key is
    /// null. If several documents refer to this one, which is only possible without a unique index, the one with the
    /// least `_id`.
    ///
    /// # Errors
    ///
    /// [`Error::Unsaved`](crate::Error::Unsaved) if the other side holds the key and this document has no id;
    /// otherwise the same as for [`Query::all`].
    #[track_caller]
    pub fn get<'e>(self, on: impl Executor<'e>) -> BoxFuture<'e, Result<Option<T>>>
    where
        K: LeadsToOne,
    {
        self.query.call("get").run_boxed(self.query.first(on))
    }

    /// Deletes the related document by the rules of its model. One command if no delete rule and no hook applies to
    /// the model, otherwise as many as [`Query::delete`]. If this document holds the key, a null key takes no
    /// command, and the key keeps its value unless a rule empties it.
    ///
    /// # Errors
    ///
    /// The same as for [`Query::delete`].
    #[track_caller]
    pub fn delete<'e>(self, on: impl Executor<'e>) -> BoxFuture<'e, Result<DeleteReport>>
    where
        K: LeadsToOne,
    {
        self.query.delete(on)
    }
}
