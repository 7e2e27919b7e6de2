//! What a relation means: one file a kind, with the constant that names it and the handle that its accessor returns.

mod key;
mod many_to_many;
mod many_to_one;
mod one_to_many;
mod one_to_one;
mod sides;
mod stored;

pub use key::{CanUnlink, Key, Keys, NoKey, Nullable, RefersTo, RefersToMany};
pub use many_to_many::{ByIds, DefaultLink, InIds, Linked, Links, ManyToMany, ManyToManyByIds, ManyToManyInIds};
pub use many_to_one::{ManyToOne, ToOne};
pub use one_to_many::{OneToMany, ToMany};
pub use one_to_one::{HasOne, OneToOne};
pub use sides::PointsBack;
pub(crate) use sides::fail;
pub(crate) use stored::Stored;

use mongodb::bson::{Bson, Document, doc};

use tokio::sync::Mutex;

use crate::delete::removes_orphans;
use crate::document;
use crate::encoding::EncodeError;
use crate::error::Refusal;
use crate::load::Numbered;
use crate::schema::{ModelMetadata, RelationMetadata};
use crate::store::{Exec, atomically};
use crate::{Filter, Model, Query, Result};

/// A relation as a type of its own, so that two relations between the same two models can be told apart.
///
/// The derive implements it for a hidden marker; users meet it as a bound only.
pub trait Relation: Send + Sync + 'static {
    /// The model that declares it.
    type Source: Model;
    /// Its number among those of its model, and whether documents can be taken out of it.
    #[doc(hidden)]
    type Is: Numbered;
    /// What it says.
    const META: &'static RelationMetadata;
}

/// The constant of a relation: its models and its marker as types, its checked keys as values.
///
/// `S`, `T` and the join model are not bound to be models, for the reason given at [`key::ForeignKey`].
macro_rules! descriptor {
    (
        $(#[$doc:meta])*
        $name:ident<S, T, R $(, $join:ident)?> {
            $($field:ident: $of:ty),+;
            foreign_key: $foreign_key:ident, target: $target:ident.$target_is:ident,
            table: $kind:ident $holder:ident
        }
    ) => {
        $(#[$doc])*
        ///
        /// The constants of all kinds of relations are used alike: to load the relation with a query or for documents at
        /// hand, to count, and as a condition of a [`Filter`](crate::Filter). For one document there is a
        /// handle: `user.posts()`.
        ///
        /// ```no_run
        /// use earnorm::prelude::*;
        ///
        /// # #[derive(Serialize, Deserialize, Model)]
        /// # #[relation(one_to_many, target = "Post", fk = "author_id")]
        /// # struct User { #[serde(rename = "_id")] id: ObjectId }
        /// # #[derive(Serialize, Deserialize, Model)]
        /// # struct Post {
        /// #     #[serde(rename = "_id")] id: ObjectId,
        /// #     likes: i64,
        /// #     #[relation(many_to_one, target = "User")] author_id: ObjectId,
        /// # }
        /// # async fn run(db: mongodb::Database) -> earnorm::Result<()> {
        /// let users = User::find(User::POSTS.any()).all(&db).await?;
        /// let best: Vec<Vec<Post>> = User::POSTS.order_by(Post::LIKES.desc()).limit(3).load(&db, &users).await?;
        /// let numbers = User::POSTS.count_by(&db, &users).await?;
        /// for post in Post::find_all().with(Post::AUTHOR).all(&db).await? {
        ///     println!("{} by {:?}", post.id, post.related(Post::AUTHOR).map(|author| author.id));
        /// }
        /// # Ok(()) }
        /// ```
        pub struct $name<S: 'static, T: 'static, R $(, $join: 'static)?> {
            $(pub(crate) $field: $of,)+
            relation: std::marker::PhantomData<fn() -> (T, R)>,
        }

        impl<S: 'static, T: 'static, R $(, $join: 'static)?> Clone for $name<S, T, R $(, $join)?> {
            fn clone(&self) -> Self {
                *self
            }
        }

        impl<S: 'static, T: 'static, R $(, $join: 'static)?> Copy for $name<S, T, R $(, $join)?> {}

        impl<S: 'static, T: 'static, R: $crate::Relation $(, $join: 'static)?> std::fmt::Debug for $name<S, T, R $(, $join)?> {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_tuple(stringify!($name)).field(&R::META.name).finish()
            }
        }

        impl<S: 'static, T: 'static, R $(, $join: 'static)?> $name<S, T, R $(, $join)?> {
            #[doc(hidden)]
            pub const fn new($($field: $of),+) -> Self {
                Self { $($field,)+ relation: std::marker::PhantomData }
            }

            /// For a relation with a mistake in its key, which is reported: what uses it has nothing to add.
            #[doc(hidden)]
            pub const fn unknown() -> Self {
                Self { $($field: <$of>::UNKNOWN,)+ relation: std::marker::PhantomData }
            }

            /// The stored name of the key.
            #[doc(hidden)]
            pub const fn foreign_key(&self) -> &'static str {
                self.$foreign_key.name
            }

            #[doc(hidden)]
            pub const fn target(&self) -> fn() -> &'static $crate::schema::ModelMetadata {
                self.$target.$target_is
            }

            /// What the relation says, as far as its keys know; the rest is added by its calls.
            #[doc(hidden)]
            pub const fn table(&self, name: &'static str) -> $crate::schema::RelationMetadata {
                $crate::schema::RelationMetadata::new(
                    name,
                    $crate::schema::RelationKind::$kind,
                    self.target(),
                    self.foreign_key(),
                    $crate::schema::KeyHolder::$holder,
                    self.$foreign_key.stored,
                )
            }
        }

        impl<S: $crate::Model, T: $crate::Model, R: $crate::Relation<Source = S> $(, $join: $crate::Model)?> $name<S, T, R $(, $join)?> {
            /// Fails to compile where `other` is not the other side of this relation; both are given as users write them.
            #[doc(hidden)]
            #[track_caller]
            pub const fn check_other_side<B: $crate::PointsBack<S, T>>(&self, _: &B, mine: &str, other: &str) {
                let (mine, other) = ((R::META, mine), (B::META, other));
                $crate::relation::sides::check_sides(mine, other, &[$($join::METADATA)?], B::JOIN);
            }
        }
    };
}
use descriptor;

/// Whether the key that a relation goes by can be empty.
macro_rules! nullable {
    ($name:ident, $holder:ident) => {
        impl<S: 'static, T: 'static, R> $name<S, T, R> {
            #[doc(hidden)]
            pub const fn is_nullable(&self) -> bool
            where
                $holder: $crate::Model,
            {
                matches!($holder::METADATA.field(self.key.name), Some(field) if field.nullable)
            }
        }
    };
}
use nullable;

/// The calls that a relation to many shares with a query, each the query's own.
macro_rules! query_calls {
    ([$($generics:tt)*] $handle:ty, $target:ident, { $($key:ident),+ }) => {
        impl<$($generics)*> Clone for $handle {
            fn clone(&self) -> Self {
                Self {
                    source: self.source,
                    query: self.query.clone(),
                    $($key: self.$key,)+
                    relation: self.relation,
                }
            }
        }

        impl<$($generics)*> $handle {
            /// Only documents that also fulfil this, besides what the relation itself demands.
            pub fn filter(mut self, filter: impl $crate::IntoFilter<$target>) -> Self {
                self.query = self.query.filter(filter);
                self
            }

            /// The order of the results, in place of the relation's own; see [`Query::order_by`](crate::Query::order_by).
            pub fn order_by(mut self, order: impl $crate::IntoSort<$target>) -> Self {
                self.query = self.query.order_by(order);
                self
            }

            /// Leaves out the first `n`. Without an order, they go by `_id`.
            pub fn skip(mut self, n: u64) -> Self {
                self.query = self.query.skip(n);
                self
            }

            /// At most `n`, none for 0, and never more than the relation's own limit. Without an order, they go by `_id`.
            pub fn limit(mut self, n: u64) -> Self {
                self.query = self.query.limit(n);
                self
            }

            /// Only what comes behind this document in the order of the relation; see [`Query::after`](crate::Query::after).
            /// Where the relation declares a limit, one command more: for the ids of what it shows.
            pub fn after(mut self, last: &$target) -> Self {
                self.query = self.query.after(last);
                self
            }

            /// Every document of the relation. One command (through a join model two), and one more for every further
            /// 16 MiB. By an array of ids and through a join model, one more for every further 1,000 ids.
            ///
            /// # Errors
            ///
            /// [`Error::Unsaved`](crate::Error::Unsaved) for a relation of a document without an id; else as for
            /// [`Query::all`](crate::Query::all). So for all calls that read.
            pub fn all<'e>(self, on: impl $crate::Executor<'e>) -> $crate::BoxFuture<'e, $crate::Result<Vec<$target>>> {
                self.query.all(on)
            }

            /// The first document; without an order, the one with the least `_id` (by an array of ids, the first of the
            /// array). One command, through a join model two.
            ///
            /// # Errors
            ///
            /// As for [`all`](Self::all).
            pub fn first<'e>(self, on: impl $crate::Executor<'e>) -> $crate::BoxFuture<'e, $crate::Result<Option<$target>>> {
                self.query.first(on)
            }

            /// The one document. One command, through a join model two. See [`Query::one`](crate::Query::one).
            ///
            /// # Errors
            ///
            /// [`Error::NotFound`](crate::Error::NotFound) where there is none,
            /// [`Error::NotUnique`](crate::Error::NotUnique) where there are several; else as for [`all`](Self::all).
            pub fn one<'e>(self, on: impl $crate::Executor<'e>) -> $crate::BoxFuture<'e, $crate::Result<$target>> {
                self.query.one(on)
            }

            /// How many there are. One command (through a join model two), and no documents. By an array of ids and through a
            /// join model, one more for every further 1,000 ids.
            ///
            /// # Errors
            ///
            /// As for [`all`](Self::all).
            pub fn count<'e>(self, on: impl $crate::Executor<'e>) -> $crate::BoxFuture<'e, $crate::Result<u64>> {
                self.query.count(on)
            }

            /// Whether there is one. One command (through a join model two), and no documents.
            ///
            /// # Errors
            ///
            /// As for [`all`](Self::all).
            pub fn exists<'e>(self, on: impl $crate::Executor<'e>) -> $crate::BoxFuture<'e, $crate::Result<bool>> {
                self.query.exists(on)
            }

            /// The documents one at a time, in constant memory; see [`Rows`](crate::Rows). One command for every 1,000,
            /// through a join model one before. In the order of an array of ids, they all come at once.
            ///
            /// # Errors
            ///
            /// As for [`all`](Self::all), each as an item; nothing comes behind one.
            pub fn stream<'e>(self, on: impl $crate::Executor<'e>) -> $crate::Rows<'e, $target> {
                self.query.stream(on)
            }

            /// The `number`th page of `size` documents; see [`Query::page`](crate::Query::page). Two commands, through a
            /// join model three.
            ///
            /// # Errors
            ///
            /// [`Error::Invalid`](crate::Error::Invalid) for page 0 or a size of 0; else as for [`all`](Self::all).
            pub fn page<'e>(
                self,
                on: impl $crate::Executor<'e>,
                number: u64,
                size: u64,
            ) -> $crate::BoxFuture<'e, $crate::Result<$crate::Page<$target>>> {
                self.query.page(on, number, size)
            }

            /// Changes every document of the relation; gives how many there were. One command, through a join model two,
            /// and one more with a limit, a `skip`, an `after` or a condition on related documents; see [`Query::update`](crate::Query::update).
            /// No hooks run.
            ///
            /// # Errors
            ///
            /// [`Error::Unsaved`](crate::Error::Unsaved) for a relation of a document without an id; else as for
            /// [`Query::update`](crate::Query::update).
            pub fn update_all<'e>(
                self,
                on: impl $crate::Executor<'e>,
                update: impl $crate::IntoUpdate<$target>,
            ) -> $crate::BoxFuture<'e, $crate::Result<u64>> {
                self.query.update(on, update)
            }

            /// Deletes every document of the relation, by the rules of its model. As many commands as
            /// [`Query::delete`](crate::Query::delete), through a join model one more.
            ///
            /// # Errors
            ///
            /// [`Error::Unsaved`](crate::Error::Unsaved) for a relation of a document without an id; else as for
            /// [`Query::delete`](crate::Query::delete).
            pub fn delete_all<'e>(
                self,
                on: impl $crate::Executor<'e>,
            ) -> $crate::BoxFuture<'e, $crate::Result<$crate::DeleteReport>> {
                self.query.delete(on)
            }

            /// What [`delete_all`](Self::delete_all) would do, found whole, and nothing written; see
            /// [`Query::plan_delete`](crate::Query::plan_delete).
            pub fn plan_delete<'e>(
                self,
                on: impl $crate::Executor<'e>,
            ) -> $crate::BoxFuture<'e, $crate::Result<$crate::DeletePlan>> {
                self.query.plan_delete(on)
            }

            /// [`delete_all`](Self::delete_all), if it does what a plan said whose [`digest`](crate::DeletePlan::digest) this
            /// is; see [`Query::delete_if`](crate::Query::delete_if).
            ///
            /// # Errors
            ///
            /// [`Error::StalePlan`](crate::Error::StalePlan) if the delete would do something else than planned; nothing was
            /// written. Else as for [`delete_all`](Self::delete_all).
            pub fn delete_all_if<'e>(
                self,
                on: impl $crate::Executor<'e>,
                digest: impl AsRef<str>,
            ) -> $crate::BoxFuture<'e, $crate::Result<$crate::DeleteReport>> {
                self.query.delete_if(on, digest)
            }

            /// A query for the same documents that loads a relation of theirs with them; see
            /// [`Query::with`](crate::Query::with).
            pub fn with<X: $crate::Step<$target>>(self, step: X) -> $crate::Query<$target, ((), X::Itself)>
            where
                X::Key: $crate::NotIn<()>,
            {
                self.query.with(step)
            }

            /// What would be sent, without sending it.
            ///
            /// # Errors
            ///
            /// As for [`Query::to_query`](crate::Query::to_query).
            pub fn to_query(&self) -> $crate::Result<$crate::Find> {
                self.query.to_query()
            }
        }
    };
}
use query_calls;

/// A condition that an id under a key fulfils, and why there is none, if so.
fn holding<S: Model, T>(name: &str, id: Result<Bson, EncodeError>) -> (Filter<T>, Option<Refusal>) {
    let model = S::METADATA.name;
    match id {
        Ok(Bson::Null) => (Filter::default(), Some(Refusal::Unsaved { model })),
        Ok(id) => (Filter::equal(name, id), None),
        Err(source) => (Filter::default(), Some(Refusal::Encode { model, source })),
    }
}

/// The update that empties a key: null, or no field at all where serde leaves `None` out.
pub(crate) fn emptied(key: &str, holder: &ModelMetadata) -> Document {
    match holder.field(key) {
        Some(field) if field.omittable => doc! { "$unset": { key: "" } },
        _ => doc! { "$set": { key: Bson::Null } },
    }
}

/// Takes the documents of `query` out of a relation: their key is emptied, or, where the relation owns them, they are
/// deleted by their own rules. Gives how many there were.
async fn take_out<T: Model>(exec: Exec<'_>, query: Query<T>, key: &str) -> Result<u64> {
    if removes_orphans(T::METADATA, key) {
        return Ok(query.delete(exec).await?.asked_for());
    }
    query.update(exec, emptied(key, T::METADATA)).await
}

/// Makes `children` the documents of a relation in the place of `others`, in one transaction where that deletes any.
async fn replace<T: Model>(exec: Exec<'_>, others: Query<T>, key: &str, children: &mut [T]) -> Result<()> {
    if !removes_orphans(T::METADATA, key) {
        take_out(exec, others, key).await?;
        return document::save_many(exec, children).await;
    }
    // lent to one attempt after the other
    let children = Mutex::new(children);
    atomically(exec, async |exec| {
        take_out(exec, others.clone(), key).await?;
        document::save_many(exec, *children.lock().await).await
    })
    .await
}
