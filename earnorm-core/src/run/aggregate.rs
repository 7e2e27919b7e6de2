//! The public methods that aggregate the results of a query.

use serde::de::DeserializeOwned;

use crate::observe::Call;
use crate::plan::{Plan, View};
use crate::query::{AggregateField, Comparable, MeanOf, Metric, Numeric, Query, SumOf, Summable, ValueOf};
use crate::store::{BoxFuture, Exec, Executor};
use crate::{Model, Result};

impl<M: Model, P: Plan<M>, V: View<M>> Query<M, P, V> {
    /// Returns the sum of a field of the results, 0 without a result. Nulls and missing fields are skipped. One command, which
    /// reads no documents.
    ///
    /// The sum of integers is an `i64`, that of floats an `f64`, and that of a `Decimal128` a `Decimal128`.
    ///
    /// ```no_run
    /// use earnorm::prelude::*;
    ///
    /// # #[derive(Serialize, Deserialize, Model)]
    /// # struct Post { #[serde(rename = "_id")] id: ObjectId, likes: i32, score: Option<f64>, author_id: ObjectId }
    /// # async fn run(db: mongodb::Database, ada: ObjectId) -> earnorm::Result<()> {
    /// let likes: i64 = Post::find(Post::AUTHOR_ID.eq(ada)).sum(&db, Post::LIKES).await?;
    /// let score: Option<f64> = Post::find_all().avg(&db, Post::SCORE).await?;
    /// let most: Option<i32> = Post::find_all().max(&db, Post::LIKES).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Overflow`](crate::Error::Overflow) if the sum of integers doesn't fit into an `i64`.
    /// [`Error::Decode`](crate::Error::Decode) if a stored value isn't a number of the field's kind. Those of
    /// [`all`](Query::all).
    #[track_caller]
    pub fn sum<'e, F>(self, on: impl Executor<'e>, field: F) -> BoxFuture<'e, Result<SumOf<F, M>>>
    where
        F: AggregateField<M, Value: Numeric<Number: Summable>>,
        SumOf<F, M>: 'static,
    {
        let call = self.call("sum");
        self.split().0.aggregate(call, on.executor(), Metric::sum(field))
    }

    /// Returns the average of a field of the results. Nulls and missing fields are skipped; `None` if nothing is left. One
    /// command, which reads no documents.
    ///
    /// # Errors
    ///
    /// [`Error::Decode`](crate::Error::Decode) if a stored value isn't a number of the field's kind. Those of
    /// [`all`](Query::all).
    #[track_caller]
    pub fn avg<'e, F>(self, on: impl Executor<'e>, field: F) -> BoxFuture<'e, Result<Option<MeanOf<F, M>>>>
    where
        F: AggregateField<M, Value: Numeric<Number: Summable>>,
        MeanOf<F, M>: 'static,
    {
        let call = self.call("avg");
        self.split().0.aggregate(call, on.executor(), Metric::mean(field))
    }

    /// Returns the least value of a field of the results, as the server sorts values. Nulls and missing fields are skipped;
    /// `None` if nothing is left. One command, which reads no documents.
    ///
    /// # Errors
    ///
    /// [`Error::Decode`](crate::Error::Decode) if the value doesn't decode. Those of [`all`](Query::all).
    #[track_caller]
    pub fn min<'e, F>(self, on: impl Executor<'e>, field: F) -> BoxFuture<'e, Result<Option<ValueOf<F, M>>>>
    where
        F: AggregateField<M, Value: Comparable + DeserializeOwned + 'static>,
        ValueOf<F, M>: 'static,
    {
        let call = self.call("min");
        self.split().0.aggregate(call, on.executor(), Metric::least(field))
    }

    /// Returns the greatest value of a field of the results, as the server sorts values. Nulls and missing fields are skipped;
    /// `None` if nothing is left. One command, which reads no documents.
    ///
    /// # Errors
    ///
    /// As for [`min`](Query::min).
    #[track_caller]
    pub fn max<'e, F>(self, on: impl Executor<'e>, field: F) -> BoxFuture<'e, Result<Option<ValueOf<F, M>>>>
    where
        F: AggregateField<M, Value: Comparable + DeserializeOwned + 'static>,
        ValueOf<F, M>: 'static,
    {
        let call = self.call("max");
        self.split().0.aggregate(call, on.executor(), Metric::greatest(field))
    }
}

impl<M: Model> Query<M> {
    fn aggregate<T: 'static>(self, call: Call, exec: Exec<'_>, metric: Metric<T>) -> BoxFuture<'_, Result<T>> {
        call.run(async move {
            metric.check::<M>()?;
            let total = self.resolve(exec).await?.total_of(exec, &metric.measure).await?;
            metric.finish(total)
        })
    }
}
