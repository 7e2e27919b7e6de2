use std::fmt;
use std::marker::PhantomData;

use mongodb::bson::Bson;

use super::{Key, Relation, descriptor};
use crate::query::Refusal;
use crate::store::{BoxFuture, Executor};
use crate::{Error, Filter, Model, Query, Result};

descriptor! {
    /// A relation from an `S` to the one `T` whose id it holds: the type of a constant as `Post::AUTHOR`. The key's side
    /// of a one-to-one is the same.
    ManyToOne<S, T, R> { key: Key<T, S> }
}

impl<S: Model, T: Model, R: Relation<Source = S>> ManyToOne<S, T, R> {
    #[doc(hidden)]
    pub const fn foreign_key(&self) -> &'static str {
        self.key.name
    }

    #[doc(hidden)]
    pub fn of(self, source: &S) -> ToOne<'_, S, T, R> {
        let id = match self.key.field.of_child(source) {
            Some(id) => T::ID.encode(&id).map_err(|source| Refusal::Encode {
                model: S::METADATA.name,
                source,
            }),
            None => Ok(Bson::Null),
        };
        ToOne {
            query: Query::related(R::META, id.clone().map(|id| Filter::equal("_id", id))),
            id: id.unwrap_or(Bson::Null),
            field: self.key.name,
            source: PhantomData,
        }
    }
}

/// The document that a key refers to: what an accessor as `post.author()` returns.
///
/// ```no_run
/// use earnorm::prelude::*;
///
/// # #[derive(Serialize, Deserialize, Model)]
/// # struct User { #[serde(rename = "_id")] id: ObjectId }
/// #[derive(Serialize, Deserialize, Model)]
/// struct Post {
///     #[serde(rename = "_id")]
///     id: ObjectId,
///     #[relation(many_to_one, target = "User")]
///     author_id: Option<ObjectId>,
/// }
///
/// # async fn run(db: mongodb::Database, post: Post) -> earnorm::Result<()> {
/// let author: Option<User> = post.author().get(&db).await?;
/// let author: User = post.author().require(&db).await?;
/// # Ok(()) }
/// ```
#[must_use = "a relation does nothing until one of its calls is awaited"]
pub struct ToOne<'a, S: Model, T: Model, R> {
    query: Query<T>,
    /// The id that the key holds; null where it is empty.
    id: Bson,
    field: &'static str,
    source: PhantomData<(&'a S, fn() -> R)>,
}

impl<S: Model, T: Model, R: Relation> fmt::Debug for ToOne<'_, S, T, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple(R::META.name).field(&self.query).finish()
    }
}

impl<S: Model, T: Model, R: Relation<Source = S>> ToOne<'_, S, T, R> {
    /// Only if the document also fulfils this, besides what the relation itself demands.
    pub fn filter(mut self, filter: impl Into<Filter<T>>) -> Self {
        self.query = self.query.filter(filter);
        self
    }

    /// The document, if the key holds an id and the document is there. One command; none for an empty key.
    ///
    /// # Errors
    ///
    /// As for [`Query::all`].
    pub fn get<'e>(self, on: impl Executor<'e>) -> BoxFuture<'e, Result<Option<T>>> {
        let query = self.sent();
        Box::pin(async move {
            match query {
                Some(query) => query.first(on).await,
                None => Ok(None),
            }
        })
    }

    /// The document, which has to be there. One command; none for an empty key.
    ///
    /// # Errors
    ///
    /// [`Error::Dangling`] where the key refers to a document that isn't there (or isn't in the relation, if that has a
    /// filter); [`Error::NotFound`] where the key is empty; else as for [`Query::all`].
    pub fn require<'e>(self, on: impl Executor<'e>) -> BoxFuture<'e, Result<T>> {
        let missing = match &self.id {
            Bson::Null => Error::NotFound {
                model: T::METADATA.name,
            },
            id => Error::Dangling {
                model: S::METADATA.name,
                field: self.field,
                id: Box::new(id.clone()),
            },
        };
        let found = self.get(on);
        Box::pin(async move { found.await?.ok_or(missing) })
    }

    /// Whether the document is there. One command, and no document; none for an empty key.
    ///
    /// # Errors
    ///
    /// As for [`Query::all`].
    pub fn exists<'e>(self, on: impl Executor<'e>) -> BoxFuture<'e, Result<bool>> {
        let query = self.sent();
        Box::pin(async move {
            match query {
                Some(query) => query.exists(on).await,
                None => Ok(false),
            }
        })
    }

    /// What would be sent, without sending it. For an empty key, nothing is.
    ///
    /// # Errors
    ///
    /// As for [`Query::to_query`].
    pub fn to_query(&self) -> Result<crate::Find> {
        self.query.to_query()
    }

    /// The query, unless the key is empty. One that can't be encoded is sent, to be refused there.
    fn sent(self) -> Option<Query<T>> {
        (self.id != Bson::Null || self.query.is_refused()).then_some(self.query)
    }
}
