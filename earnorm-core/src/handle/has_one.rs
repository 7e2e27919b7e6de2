use std::fmt;
use std::marker::PhantomData;
use std::slice;

use mongodb::bson::{Bson, doc};

use super::{holding, replace, take_out};
use crate::document;
use crate::field::saved_id;
use crate::relation::{CanUnlink, Key, OneToOne, Relation};
use crate::store::{BoxFuture, Executor};
use crate::{DeleteReport, IntoFilter, Model, Query, Result};

impl<S: Model, T: 'static, R: Relation<Source = S>> OneToOne<S, T, R> {
    #[doc(hidden)]
    pub fn of(self, source: &S) -> HasOne<'_, S, T, R> {
        let id = self.key.field.of_parent(S::ID.get(source));
        let (filter, refusal) = holding::<S, T>(self.key.name, id);
        HasOne { source, key: self.key, query: Query::related(R::META, filter).unless(refusal), relation: PhantomData }
    }
}

/// The one document that refers to another: what an accessor as `user.profile()` returns.
///
/// ```no_run
/// use earnorm::prelude::*;
///
/// #[derive(Serialize, Deserialize, Model)]
/// #[relation(one_to_one, target = "Profile", fk = "user_id")]
/// struct User {
///     #[serde(rename = "_id")]
///     id: ObjectId,
/// }
///
/// #[derive(Serialize, Deserialize, Model)]
/// struct Profile {
///     #[serde(rename = "_id")]
///     id: ObjectId,
///     #[relation(one_to_one, target = "User")]
///     user_id: Option<ObjectId>,
/// }
///
/// # async fn run(db: mongodb::Database, user: User, other: Profile) -> earnorm::Result<()> {
/// let profile: Option<Profile> = user.profile().get(&db).await?;
/// let profile: Profile = user.profile().set(&db, other).await?;
/// # Ok(()) }
/// ```
#[must_use = "a relation does nothing until one of its calls is awaited"]
pub struct HasOne<'a, S: 'static, T: 'static, R> {
    source: &'a S,
    key: Key<S, T>,
    query: Query<T>,
    relation: PhantomData<fn() -> R>,
}

impl<S: 'static, T: Model, R: Relation> fmt::Debug for HasOne<'_, S, T, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple(R::META.name).field(&self.query).finish()
    }
}

impl<S: Model, T: Model, R: Relation<Source = S>> HasOne<'_, S, T, R> {
    /// Only if the document also fulfils this, besides what the relation itself demands.
    pub fn filter(mut self, filter: impl IntoFilter<T>) -> Self {
        self.query = self.query.filter(filter);
        self
    }

    /// The document, if there is one; of several, which only a missing unique index allows, the one with the least
    /// `_id`. One command.
    ///
    /// # Errors
    ///
    /// [`Error::Unsaved`](crate::Error::Unsaved) for a relation of a document without an id; else as for
    /// [`Query::all`].
    pub fn get<'e>(self, on: impl Executor<'e>) -> BoxFuture<'e, Result<Option<T>>> {
        self.query.first(on)
    }

    /// The document, which has to be there. One command.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`](crate::Error::NotFound) where it isn't; else as for [`get`](HasOne::get).
    pub fn require<'e>(self, on: impl Executor<'e>) -> BoxFuture<'e, Result<T>> {
        let found = self.get(on);
        Box::pin(async move { found.await?.ok_or_else(document::not_found::<T>) })
    }

    /// Whether there is one. One command, and no document.
    ///
    /// # Errors
    ///
    /// As for [`get`](HasOne::get).
    pub fn exists<'e>(self, on: impl Executor<'e>) -> BoxFuture<'e, Result<bool>> {
        self.query.exists(on)
    }

    /// What would be sent, without sending it.
    ///
    /// # Errors
    ///
    /// As for [`Query::to_query`].
    pub fn to_query(&self) -> Result<crate::Find> {
        self.query.to_query()
    }

    /// Inserts a document as the one of this relation: its key is set first. One command.
    ///
    /// # Errors
    ///
    /// [`Error::Duplicate`](crate::Error::Duplicate) where there is one already, by the unique index of the key;
    /// [`Error::Unsaved`](crate::Error::Unsaved) where this side has no id yet; else as for [`Model::insert`].
    pub fn create<'e>(self, on: impl Executor<'e>, child: T) -> BoxFuture<'e, Result<T>> {
        let child = self.adopt(child);
        Box::pin(async move { document::insert(on.executor(), child?).await })
    }

    /// Makes a document the one of this relation: another that was has its key emptied, then this one's is set, and it
    /// is saved as it is. Two commands.
    ///
    /// With `orphan_removal`, the other is deleted by its own rules instead, in one transaction with the save. Without, a
    /// failure between the two leaves the place empty: run it again, or in a [`transaction`](crate::transaction()).
    ///
    /// The whole document is replaced, as [`save`](Model::save) says: stored fields that `T` lacks are lost.
    ///
    /// # Errors
    ///
    /// [`Error::Unsaved`](crate::Error::Unsaved) where this side has no id yet; else as for [`Model::save`].
    pub fn set<'e>(self, on: impl Executor<'e>, child: T) -> BoxFuture<'e, Result<T>>
    where
        R: CanUnlink,
    {
        let child = self.adopt(child);
        let (key, query) = (self.key.name, self.query);
        Box::pin(async move {
            let mut child = child?;
            let kept = saved_id(&child).unwrap_or(Bson::Null);
            let others = query.without(vec![kept]);
            replace(on.executor(), others, key, slice::from_mut(&mut child)).await?;
            Ok(child)
        })
    }

    /// Takes the document out of the relation: its key is emptied, or, with `orphan_removal`, it is deleted by its own
    /// rules. Gives whether there was one. One command; for a delete, as for [`Query::delete`].
    ///
    /// # Errors
    ///
    /// [`Error::Unsaved`](crate::Error::Unsaved) where this side has no id yet;
    /// [`Error::Driver`](crate::Error::Driver).
    pub fn clear<'e>(self, on: impl Executor<'e>) -> BoxFuture<'e, Result<bool>>
    where
        R: CanUnlink,
    {
        let (key, query) = (self.key.name, self.query);
        Box::pin(async move { Ok(take_out(on.executor(), query, key).await? > 0) })
    }

    /// Deletes the document, by the rules of its model. One command where no rule and no hook concerns that, else as many as
    /// [`Query::delete`].
    ///
    /// # Errors
    ///
    /// As for [`Query::delete`].
    pub fn delete<'e>(self, on: impl Executor<'e>) -> BoxFuture<'e, Result<DeleteReport>> {
        self.query.delete(on)
    }

    fn adopt(&self, mut child: T) -> Result<T> {
        saved_id(self.source)?;
        self.key.field.set(&mut child, S::ID.get(self.source));
        Ok(child)
    }
}
