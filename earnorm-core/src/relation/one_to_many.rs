use std::fmt;
use std::marker::PhantomData;

use super::{Key, Relation, descriptor, holding, query_calls};
use crate::store::{BoxFuture, Executor};
use crate::{Error, Model, Query, Result, document};

descriptor! {
    /// A relation from one `S` to any number of `T`, by a key in `T`: the type of a constant as `User::POSTS`.
    OneToMany<S, T, R> { key: Key<S, T> }
}

impl<S: Model, T: Model, R: Relation<Source = S>> OneToMany<S, T, R> {
    #[doc(hidden)]
    pub const fn foreign_key(&self) -> &'static str {
        self.key.name
    }

    #[doc(hidden)]
    pub fn of(self, source: &S) -> ToMany<'_, S, T, R> {
        let value = self.key.field.of_parent(S::ID.get(source));
        ToMany {
            source,
            key: self.key,
            query: holding::<S, T, R>(self.key.name, value),
            relation: PhantomData,
        }
    }
}

/// The documents of a one-to-many relation of one document: what an accessor as `user.posts()` returns.
///
/// ```no_run
/// use earnorm::prelude::*;
///
/// #[derive(Serialize, Deserialize, Model)]
/// #[relation(one_to_many, target = "Post", fk = "author_id")]
/// struct User {
///     #[serde(rename = "_id")]
///     id: ObjectId,
/// }
///
/// #[derive(Serialize, Deserialize, Model)]
/// struct Post {
///     #[serde(rename = "_id")]
///     id: ObjectId,
///     title: String,
///     likes: i64,
///     #[relation(many_to_one, target = "User")]
///     author_id: ObjectId,
/// }
///
/// # async fn run(db: mongodb::Database, user: User) -> earnorm::Result<()> {
/// let best: Vec<Post> = user
///     .posts()
///     .filter(Post::LIKES.gt(10))
///     .order_by(Post::LIKES.desc())
///     .limit(3)
///     .all(&db)
///     .await?;
/// let how_many = user.posts().count(&db).await?;
/// # Ok(()) }
/// ```
#[must_use = "a relation does nothing until one of its calls is awaited"]
pub struct ToMany<'a, S: Model, T: Model, R> {
    source: &'a S,
    key: Key<S, T>,
    query: Query<T>,
    relation: PhantomData<fn() -> R>,
}

impl<S: Model, T: Model, R: Relation> fmt::Debug for ToMany<'_, S, T, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple(R::META.name).field(&self.query).finish()
    }
}

query_calls!([S: Model, T: Model, R: Relation<Source = S>] ToMany<'_, S, T, R>, T);

impl<S: Model, T: Model, R: Relation<Source = S>> ToMany<'_, S, T, R> {
    /// Inserts a document as one of this relation: its key is set first. One command.
    ///
    /// # Errors
    ///
    /// [`Error::Unsaved`] where this side has no id yet; else as for [`Model::insert`].
    pub fn create<'e>(self, on: impl Executor<'e>, child: T) -> BoxFuture<'e, Result<T>> {
        let child = self.adopt(child);
        Box::pin(async move { document::insert(on.executor(), child?).await })
    }

    /// Makes a document one of this relation: its key is set, and it is saved as it is. One command.
    ///
    /// # Errors
    ///
    /// [`Error::Unsaved`] where this side has no id yet; else as for [`Model::save`].
    pub fn add<'e>(self, on: impl Executor<'e>, child: T) -> BoxFuture<'e, Result<T>> {
        let child = self.adopt(child);
        Box::pin(async move {
            let mut child = child?;
            document::save(on.executor(), &mut child).await?;
            Ok(child)
        })
    }

    fn adopt(&self, mut child: T) -> Result<T> {
        document::saved_id(self.source).map_err(Error::from)?;
        self.key.field.set(&mut child, S::ID.get(self.source));
        Ok(child)
    }
}
