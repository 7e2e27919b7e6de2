use std::fmt;
use std::marker::PhantomData;

use super::{Key, Relation, descriptor, holding};
use crate::store::{BoxFuture, Executor};
use crate::{Filter, Model, Query, Result};

descriptor! {
    /// A relation from an `S` to at most one `T`, by a key in `T`: the type of a constant as `User::PROFILE`.
    OneToOne<S, T, R> { key: Key<S, T> }
}

impl<S: Model, T: Model, R: Relation<Source = S>> OneToOne<S, T, R> {
    #[doc(hidden)]
    pub const fn foreign_key(&self) -> &'static str {
        self.key.name
    }

    #[doc(hidden)]
    pub fn of(self, source: &S) -> HasOne<'_, S, T, R> {
        let value = self.key.field.of_parent(S::ID.get(source));
        HasOne {
            query: holding::<S, T, R>(self.key.name, value),
            source: PhantomData,
        }
    }
}

/// The one document that refers to another: what an accessor as `user.profile()` returns.
#[must_use = "a relation does nothing until one of its calls is awaited"]
pub struct HasOne<'a, S: Model, T: Model, R> {
    query: Query<T>,
    source: PhantomData<(&'a S, fn() -> R)>,
}

impl<S: Model, T: Model, R: Relation> fmt::Debug for HasOne<'_, S, T, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple(R::META.name).field(&self.query).finish()
    }
}

impl<S: Model, T: Model, R: Relation<Source = S>> HasOne<'_, S, T, R> {
    /// Only if the document also fulfils this, besides what the relation itself demands.
    pub fn filter(mut self, filter: impl Into<Filter<T>>) -> Self {
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
}
