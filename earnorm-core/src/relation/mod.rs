//! What a relation means: one file a kind, with the constant that names it and the handle that its accessor returns.

mod key;
mod many_to_many;
mod many_to_one;
mod one_to_many;
mod one_to_one;
mod sides;

pub use key::{Key, Keys, Nullable, RefersTo, RefersToMany, key, keys, nullable_key};
pub use many_to_many::{
    ByIds, InIds, Links, ManyToMany, ManyToManyByIds, ManyToManyInIds,
};
pub use many_to_one::{ManyToOne, ToOne};
pub use one_to_many::{OneToMany, ToMany};
pub use one_to_one::{HasOne, OneToOne};
pub use sides::{PointsBack, Sentences, check_sides};

use mongodb::bson::Bson;

use crate::query::Refusal;
use crate::schema::RelationMetadata;
use crate::{Filter, Model, Query};

/// A relation as a type of its own, so that two relations between the same two models can be told apart.
///
/// The derive implements it for a hidden marker; users meet it as a bound only.
pub trait Relation: Send + Sync + 'static {
    /// The model that declares it.
    type Source: Model;
    /// What it says.
    const META: &'static RelationMetadata;
}

/// The constant of a relation: its models and its marker as types, its checked keys as values.
macro_rules! descriptor {
    (
        $(#[$doc:meta])*
        $name:ident<S, T, R $(, $join:ident)?> { $($key:ident: $of:ty),+ }
    ) => {
        $(#[$doc])*
        pub struct $name<S: Model, T: Model, R $(, $join: Model)?> {
            $($key: $of,)+
            relation: std::marker::PhantomData<fn() -> (T, R)>,
        }

        impl<S: Model, T: Model, R $(, $join: Model)?> Clone for $name<S, T, R $(, $join)?> {
            fn clone(&self) -> Self {
                *self
            }
        }

        impl<S: Model, T: Model, R $(, $join: Model)?> Copy for $name<S, T, R $(, $join)?> {}

        impl<S: Model, T: Model, R: $crate::Relation $(, $join: Model)?> std::fmt::Debug for $name<S, T, R $(, $join)?> {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_tuple(stringify!($name)).field(&R::META.name).finish()
            }
        }

        impl<S: Model, T: Model, R $(, $join: Model)?> $name<S, T, R $(, $join)?> {
            #[doc(hidden)]
            pub const fn new($($key: $of),+) -> Self {
                Self { $($key,)+ relation: std::marker::PhantomData }
            }
        }
    };
}
use descriptor;

/// The calls that a relation to many shares with a query, each the query's own.
macro_rules! query_calls {
    ([$($generics:tt)*] $handle:ty, $target:ident) => {
        impl<$($generics)*> $handle {
            /// Only documents that also fulfil this, besides what the relation itself demands.
            pub fn filter(mut self, filter: impl Into<$crate::Filter<$target>>) -> Self {
                self.query = self.query.filter(filter);
                self
            }

            /// The order of the results, in place of the relation's own; see [`Query::order_by`](crate::Query::order_by).
            pub fn order_by(mut self, order: impl Into<$crate::Sort<$target>>) -> Self {
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

            /// Every document of the relation. One command, and one more for every further 16 MiB.
            ///
            /// # Errors
            ///
            /// [`Error::Unsaved`](crate::Error::Unsaved) for a relation of a document without an id; else as for
            /// [`Query::all`](crate::Query::all). So for all calls that read.
            pub fn all<'e>(self, on: impl $crate::Executor<'e>) -> $crate::BoxFuture<'e, $crate::Result<Vec<$target>>> {
                self.query.all(on)
            }

            /// The first document; without an order, the one with the least `_id`. One command.
            pub fn first<'e>(self, on: impl $crate::Executor<'e>) -> $crate::BoxFuture<'e, $crate::Result<Option<$target>>> {
                self.query.first(on)
            }

            /// How many there are. One command, and no documents.
            pub fn count<'e>(self, on: impl $crate::Executor<'e>) -> $crate::BoxFuture<'e, $crate::Result<u64>> {
                self.query.count(on)
            }

            /// Whether there is one. One command, and no documents.
            pub fn exists<'e>(self, on: impl $crate::Executor<'e>) -> $crate::BoxFuture<'e, $crate::Result<bool>> {
                self.query.exists(on)
            }

            /// The documents one at a time, in constant memory; see [`Rows`](crate::Rows). One command for every 1,000.
            pub fn stream<'e>(self, on: impl $crate::Executor<'e>) -> $crate::Rows<'e, $target> {
                self.query.stream(on)
            }

            /// The `number`th page of `size` documents; see [`Query::page`](crate::Query::page). Two commands.
            pub fn page<'e>(
                self,
                on: impl $crate::Executor<'e>,
                number: u64,
                size: u64,
            ) -> $crate::BoxFuture<'e, $crate::Result<$crate::Page<$target>>> {
                self.query.page(on, number, size)
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

/// The documents that hold `source`'s id under `key`.
fn holding<S: Model, T: Model, R: Relation>(
    name: &'static str,
    value: Result<Bson, crate::EncodeError>,
) -> Query<T> {
    let filter = match value {
        Ok(Bson::Null) => Err(Refusal::Unsaved {
            model: S::METADATA.name,
        }),
        Ok(id) => Ok(Filter::equal(name, id)),
        Err(source) => Err(Refusal::Encode {
            model: S::METADATA.name,
            source,
        }),
    };
    Query::related(R::META, filter)
}
