//! The calls of a relation that aggregate its documents for many parents at once.

use serde::de::DeserializeOwned;

use super::include::{ById, Holds, Include, by_parent_id};
use super::reach::LoadKeys;
use super::totals::totals;
use crate::embedded::Record;
use crate::observe::Call;
use crate::plan::{Parents, Reach};
use crate::query::{AggregateField, Comparable, MeanOf, Metric, Numeric, SumOf, Summable, ValueOf};
use crate::relation::{Association, Kind};
use crate::run::Rendered;
use crate::store::{Exec, Executor};
use crate::{Model, Query, Relation};

/// A result for each parent, by the parents' ids.
#[track_caller]
fn by<'a, D: LoadKeys, H: Holds<D::Source>, T: Send + 'static>(
    relation: D,
    query: Query<D::Target>,
    exec: Exec<'a>,
    parents: &'a [H],
    metric: Metric<T>,
    operation: &'static str,
) -> ById<'a, D::Source, T>
where
    D::Source: Model,
{
    Call::on(D::Source::TABLE, D::Marker::META.name, operation).run(async move {
        let models: Vec<&D::Source> = parents.iter().map(Holds::model).collect();
        let values =
            Box::pin(totals(&relation, Rendered::new(&query)?, exec, Parents::documents(&models), &metric)).await?;
        Ok(by_parent_id(parents, values))
    })
}

macro_rules! calls {
    ($target:ty, $source:ty, $self:ident => $relation:expr, $query:expr) => {
        /// Returns the number of documents for each parent that you already hold, as a map from their ids that includes
        /// zeros. One command for every 1,000 distinct keys or part of them; twice as many through a join model. By a key or
        /// an array in the target, the server counts; otherwise only ids are read.
        ///
        /// # Errors
        ///
        /// The same as for [`load`](Self::load).
        #[track_caller]
        pub fn count_by<'a, H>(&$self, on: impl Executor<'a>, parents: &'a [H]) -> ById<'a, $source, u64>
        where
            H: Holds<$source>,
            $source: Model,
        {
            by($relation, $query, on.executor(), parents, Metric::count::<$target>(), "count_by")
        }

        /// Returns the sum of a field for each parent that you already hold, as a map from their ids that has every parent.
        /// Filters, the order and the window of the relation count. Nulls and missing fields are skipped. The sum of integers
        /// is an `i64`.
        ///
        /// As many commands as [`count_by`](Self::count_by). By a key or an array in the target, the server computes the
        /// sums; otherwise only ids and the field are read, each document once.
        ///
        /// ```no_run
        /// # use std::collections::HashMap;
        /// # use earnorm::prelude::*;
        /// # #[derive(Serialize, Deserialize, Model)]
        /// # #[relation(one_to_many, target = Post, fk = author_id)]
        /// # struct User { #[serde(rename = "_id")] id: ObjectId }
        /// # #[derive(Serialize, Deserialize, Model)]
        /// # struct Post { #[serde(rename = "_id")] id: ObjectId, author_id: ObjectId, likes: i64 }
        /// # async fn run(db: mongodb::Database, users: Vec<User>) -> earnorm::Result<()> {
        /// let likes: HashMap<ObjectId, i64> = User::POSTS.sum_by(&db, &users, Post::LIKES).await?;
        /// let best: HashMap<ObjectId, Option<i64>> =
        ///     User::POSTS.filter(Post::LIKES.gt(0)).max_by(&db, &users, Post::LIKES).await?;
        /// # Ok(()) }
        /// ```
        ///
        /// # Errors
        ///
        /// [`Error::Overflow`](crate::Error::Overflow) if a sum of integers doesn't fit into an `i64`;
        /// [`Error::Decode`](crate::Error::Decode) if a stored value isn't a number of the field's kind; otherwise the same as
        /// for [`load`](Self::load).
        #[track_caller]
        pub fn sum_by<'a, H, F>(
            &$self,
            on: impl Executor<'a>,
            parents: &'a [H],
            field: F,
        ) -> ById<'a, $source, SumOf<F, $target>>
        where
            H: Holds<$source>,
            $source: Model,
            F: AggregateField<$target, Value: Numeric<Number: Summable>>,
        {
            by($relation, $query, on.executor(), parents, Metric::sum::<$target, F>(field), "sum_by")
        }

        /// Returns the average of a field for each parent that you already hold; `None` for a parent without a value. As many
        /// commands as [`sum_by`](Self::sum_by).
        ///
        /// # Errors
        ///
        /// The same as for [`sum_by`](Self::sum_by), except for an overflow.
        #[track_caller]
        pub fn avg_by<'a, H, F>(
            &$self,
            on: impl Executor<'a>,
            parents: &'a [H],
            field: F,
        ) -> ById<'a, $source, Option<MeanOf<F, $target>>>
        where
            H: Holds<$source>,
            $source: Model,
            F: AggregateField<$target, Value: Numeric<Number: Summable>>,
        {
            by($relation, $query, on.executor(), parents, Metric::mean::<$target, F>(field), "avg_by")
        }

        /// Returns the least value of a field for each parent that you already hold; `None` for a parent without a value. As
        /// many commands as [`sum_by`](Self::sum_by).
        ///
        /// # Errors
        ///
        /// [`Error::Decode`](crate::Error::Decode) if a value doesn't decode; otherwise the same as for [`load`](Self::load).
        #[track_caller]
        pub fn min_by<'a, H, F>(
            &$self,
            on: impl Executor<'a>,
            parents: &'a [H],
            field: F,
        ) -> ById<'a, $source, Option<ValueOf<F, $target>>>
        where
            H: Holds<$source>,
            $source: Model,
            F: AggregateField<$target, Value: Comparable<Value: Send + 'static> + DeserializeOwned + 'static>,
        {
            by($relation, $query, on.executor(), parents, Metric::least::<$target, F>(field), "min_by")
        }

        /// Returns the greatest value of a field for each parent that you already hold; `None` for a parent without a value.
        /// As many commands as [`sum_by`](Self::sum_by).
        ///
        /// # Errors
        ///
        /// The same as for [`min_by`](Self::min_by).
        #[track_caller]
        pub fn max_by<'a, H, F>(
            &$self,
            on: impl Executor<'a>,
            parents: &'a [H],
            field: F,
        ) -> ById<'a, $source, Option<ValueOf<F, $target>>>
        where
            H: Holds<$source>,
            $source: Model,
            F: AggregateField<$target, Value: Comparable<Value: Send + 'static> + DeserializeOwned + 'static>,
        {
            by($relation, $query, on.executor(), parents, Metric::greatest::<$target, F>(field), "max_by")
        }
    };
}

impl<D: LoadKeys + Reach, P, V> Include<D, P, V> {
    calls!(D::Target, D::Source, self => self.relation, self.query.clone());
}

impl<S: Record, T: Model, R: Relation<Source = S>, K: Kind<S, T>> Association<S, T, R, K>
where
    Self: LoadKeys<Marker = R, Source = S, Target = T>,
{
    calls!(T, S, self => *self, self.base());
}
