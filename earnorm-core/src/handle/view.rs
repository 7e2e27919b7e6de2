//! Handles that read a view.

use std::fmt;

use super::calls::Handle;
use crate::embedded::Record;
use crate::plan::{AcceptsStep, NotIn, Plan, Step, View};
use crate::relation::{Kind, Relation, kind};
use crate::store::{BoxFuture, Executor};
use crate::{Model, Query, Result, document};

/// The one document of a query, read as a view: `post.author().view::<AuthorName>()`. It sends nothing until
/// [`get`](Self::get) or [`require`](Self::require) is awaited.
#[must_use = "a relation does nothing until one of its calls is awaited"]
pub struct ViewOfOne<M: 'static, P, V> {
    query: Query<M, P, V>,
}

impl<M, P: Clone, V> Clone for ViewOfOne<M, P, V> {
    fn clone(&self) -> Self {
        Self { query: self.query.clone() }
    }
}

impl<M: Model, P, V> fmt::Debug for ViewOfOne<M, P, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ViewOfOne").field(&self.query).finish()
    }
}

impl<M: Model, P: Plan<M>, V: View<M>> ViewOfOne<M, P, V> {
    pub(super) fn new(query: Query<M, P, V>) -> Self {
        Self { query }
    }

    /// Also loads a relation of the document.
    pub fn with<X>(self, step: X) -> ViewOfOne<M, (P::Rest, X::Itself), V>
    where
        X: Step<M>,
        P: AcceptsStep<X::Key, Rest: Plan<M>>,
        X::Key: NotIn<<P::Rest as Plan<M>>::Out>,
    {
        ViewOfOne { query: self.query.with(step) }
    }

    /// Returns the view of the document, if the document exists. One command, and those of the relations that it loads; none
    /// if this document holds the key and the key is null.
    ///
    /// # Errors
    ///
    /// The same as for [`Query::all`].
    #[track_caller]
    pub fn get<'e>(self, on: impl Executor<'e>) -> BoxFuture<'e, Result<Option<P::Row<V>>>>
    where
        P: 'e,
    {
        self.query.first(on)
    }

    /// Returns the view of the document, which must exist. As many commands as [`get`](Self::get).
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`](crate::Error::NotFound) if the document doesn't exist; otherwise the same as for
    /// [`get`](Self::get).
    #[track_caller]
    pub fn require<'e>(self, on: impl Executor<'e>) -> BoxFuture<'e, Result<P::Row<V>>>
    where
        P: 'e,
    {
        let found = self.get(on);
        Box::pin(async move { found.await?.ok_or_else(document::not_found::<M>) })
    }
}

/// A kind of relation whose handle can read a view.
#[doc(hidden)]
pub trait ReadsView {
    /// What reads a view: a query, or the one document of it.
    type Reads<T: Model, V: View<T>>;
    fn reads<T: Model, V: View<T>>(query: Query<T, (), V>) -> Self::Reads<T, V>;
}

macro_rules! reads_view {
    ($($kind:ident $(<$join:ident>)? $reads:ident $new:path;)*) => { $(
        impl$(<$join>)? ReadsView for kind::$kind$(<$join>)? {
            type Reads<T: Model, V: View<T>> = $reads<T, (), V>;
            fn reads<T: Model, V: View<T>>(query: Query<T, (), V>) -> Self::Reads<T, V> {
                $new(query)
            }
        }
    )* };
}
reads_view! {
    OneToMany Query std::convert::identity;
    ManyToMany<J> Query std::convert::identity;
    ManyToManyByIds Query std::convert::identity;
    ManyToManyInIds Query std::convert::identity;
    ManyToManyInElements Query std::convert::identity;
    OneToOne ViewOfOne ViewOfOne::new;
    ManyToOne ViewOfOne ViewOfOne::new;
}

impl<S: Record, T: Model, R: Relation<Source = S>, K: Kind<S, T> + ReadsView> Handle<'_, S, T, R, K> {
    /// Reads only the fields of a view; see [`Query::view`]. A relation to many gives a query, and a relation to one a
    /// [`ViewOfOne`], which has `get` and `require`.
    ///
    /// ```no_run
    /// use earnorm::prelude::*;
    ///
    /// # #[derive(Serialize, Deserialize, Model)]
    /// # #[relation(one_to_many, target = Post, fk = author_id)]
    /// # struct User { #[serde(rename = "_id")] id: ObjectId, name: String }
    /// # #[derive(Serialize, Deserialize, Model)]
    /// # struct Post {
    /// #     #[serde(rename = "_id")] id: ObjectId,
    /// #     title: String,
    /// #     #[relation(many_to_one, target = User)] author_id: ObjectId,
    /// # }
    /// #[derive(Deserialize, View)]
    /// #[view(of = Post)]
    /// struct PostTitle { title: String }
    ///
    /// #[derive(Deserialize, View)]
    /// #[view(of = User)]
    /// struct AuthorName { name: String }
    ///
    /// # async fn run(db: mongodb::Database, user: User, post: Post) -> earnorm::Result<()> {
    /// let titles: Vec<PostTitle> = user.posts().view::<PostTitle>().all(&db).await?;
    /// let author: Option<AuthorName> = post.author().view::<AuthorName>().get(&db).await?;
    /// # Ok(()) }
    /// ```
    pub fn view<W: View<T>>(self) -> K::Reads<T, W::Itself> {
        K::reads(self.query.view::<W>())
    }
}
