//! The calls of a handle that aggregate its documents.

use std::hash::Hash;

use serde::de::DeserializeOwned;

use super::calls::{Handle, LeadsToMany};
use crate::embedded::Record;
use crate::query::{AggregateField, Comparable, MeanOf, Numeric, SumOf, Summable, ValueOf};
use crate::relation::{Kind, Relation};
use crate::run::Grouped;
use crate::store::{BoxFuture, Executor};
use crate::{Model, Result};

impl<S: Record, T: Model, R: Relation<Source = S>, K: Kind<S, T> + LeadsToMany> Handle<'_, S, T, R, K> {
    /// Returns the sum of a field of the related documents, 0 without a document. Nulls and missing fields are skipped. The
    /// sum of integers is an `i64`. One command, or two through a join model. It reads no documents.
    ///
    /// ```no_run
    /// use earnorm::prelude::*;
    ///
    /// # #[derive(Serialize, Deserialize, Model)]
    /// # #[relation(one_to_many, target = Post, fk = author_id)]
    /// # struct User { #[serde(rename = "_id")] id: ObjectId }
    /// # #[derive(Serialize, Deserialize, Model)]
    /// # struct Post { #[serde(rename = "_id")] id: ObjectId, likes: i64, author_id: ObjectId }
    /// # async fn run(db: mongodb::Database, user: User) -> earnorm::Result<()> {
    /// let likes: i64 = user.posts().sum(&db, Post::LIKES).await?;
    /// let most: Option<i64> = user.posts().max(&db, Post::LIKES).await?;
    /// let average: Option<f64> = user.posts().filter(Post::LIKES.gt(0)).avg(&db, Post::LIKES).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Overflow`](crate::Error::Overflow) if the sum of integers doesn't fit into an `i64`; otherwise those of
    /// [`Query::sum`](crate::Query::sum) and [`all`](Self::all).
    #[track_caller]
    pub fn sum<'e, F>(self, on: impl Executor<'e>, field: F) -> BoxFuture<'e, Result<SumOf<F, T>>>
    where
        F: AggregateField<T, Value: Numeric<Number: Summable>>,
        SumOf<F, T>: 'static,
    {
        self.query.sum(on, field)
    }

    /// Returns the average of a field of the related documents. Nulls and missing fields are skipped; `None` if nothing is
    /// left. As many commands as [`sum`](Self::sum).
    ///
    /// # Errors
    ///
    /// Those of [`Query::avg`](crate::Query::avg) and [`all`](Self::all).
    #[track_caller]
    pub fn avg<'e, F>(self, on: impl Executor<'e>, field: F) -> BoxFuture<'e, Result<Option<MeanOf<F, T>>>>
    where
        F: AggregateField<T, Value: Numeric<Number: Summable>>,
        MeanOf<F, T>: 'static,
    {
        self.query.avg(on, field)
    }

    /// Returns the least value of a field of the related documents. Nulls and missing fields are skipped; `None` if nothing
    /// is left. As many commands as [`sum`](Self::sum).
    ///
    /// # Errors
    ///
    /// Those of [`Query::min`](crate::Query::min) and [`all`](Self::all).
    #[track_caller]
    pub fn min<'e, F>(self, on: impl Executor<'e>, field: F) -> BoxFuture<'e, Result<Option<ValueOf<F, T>>>>
    where
        F: AggregateField<T, Value: Comparable + DeserializeOwned + 'static>,
        ValueOf<F, T>: 'static,
    {
        self.query.min(on, field)
    }

    /// Returns the greatest value of a field of the related documents. Nulls and missing fields are skipped; `None` if
    /// nothing is left. As many commands as [`sum`](Self::sum).
    ///
    /// # Errors
    ///
    /// Those of [`Query::max`](crate::Query::max) and [`all`](Self::all).
    #[track_caller]
    pub fn max<'e, F>(self, on: impl Executor<'e>, field: F) -> BoxFuture<'e, Result<Option<ValueOf<F, T>>>>
    where
        F: AggregateField<T, Value: Comparable + DeserializeOwned + 'static>,
        ValueOf<F, T>: 'static,
    {
        self.query.max(on, field)
    }

    /// Groups the related documents by the values of a field, to count or aggregate each group; see [`Grouped`].
    #[track_caller]
    pub fn group_by<F>(self, field: F) -> Grouped<T, F::Value>
    where
        F: AggregateField<T, Value: Eq + Hash + DeserializeOwned>,
    {
        self.query.group_by(field)
    }
}
