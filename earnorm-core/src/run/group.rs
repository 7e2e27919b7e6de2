//! Aggregates of the results of a query by a field.

use std::collections::HashMap;
use std::hash::Hash;

use serde::de::DeserializeOwned;

use crate::bson::EncodeError;
use crate::field::Decoder;
use crate::observe::Call;
use crate::plan::{Plan, View};
use crate::query::{AggregateField, Comparable, MeanOf, Metric, Numeric, Query, SumOf, Summable, ValueOf};
use crate::store::{BoxFuture, Exec, Executor};
use crate::{Error, Model, Result};

/// The results of a query, grouped by the values of a field: `Post::find_all().group_by(Post::AUTHOR_ID)`. It sends nothing
/// until one of its calls is awaited.
///
/// Each call returns a map with an entry for each value that occurs. The key has the type of the field. If that is an
/// `Option`, the documents without a value are the group `None`.
///
/// ```no_run
/// use std::collections::HashMap;
/// use earnorm::prelude::*;
///
/// # #[derive(Serialize, Deserialize, Model)]
/// # struct Post { #[serde(rename = "_id")] id: ObjectId, title: String, likes: i64, author_id: ObjectId }
/// # async fn run(db: mongodb::Database) -> earnorm::Result<()> {
/// let posts: HashMap<ObjectId, u64> = Post::find_all().group_by(Post::AUTHOR_ID).count(&db).await?;
/// let likes: HashMap<ObjectId, i64> = Post::find_all().group_by(Post::AUTHOR_ID).sum(&db, Post::LIKES).await?;
/// let best: HashMap<ObjectId, Option<i64>> =
///     Post::find(Post::TITLE.regex("^A")).group_by(Post::AUTHOR_ID).max(&db, Post::LIKES).await?;
/// # Ok(()) }
/// ```
#[must_use = "a group does nothing until a call like `count` is awaited"]
pub struct Grouped<M, K> {
    query: Query<M>,
    path: String,
    decode: Decoder<K>,
    error: Option<EncodeError>,
}

impl<M, K> Clone for Grouped<M, K> {
    fn clone(&self) -> Self {
        Self { query: self.query.clone(), path: self.path.clone(), decode: self.decode, error: self.error.clone() }
    }
}

impl<M: Model, K> std::fmt::Debug for Grouped<M, K> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Grouped").field("query", &self.query).field("by", &self.path).finish_non_exhaustive()
    }
}

/// A value for each group.
type ByKey<'e, K, T> = BoxFuture<'e, Result<HashMap<K, T>>>;

impl<M: Model, P: Plan<M>, V: View<M>> Query<M, P, V> {
    /// Groups the results by the values of a field, to count or aggregate each group; see [`Grouped`].
    pub fn group_by<F>(self, field: F) -> Grouped<M, F::Value>
    where
        F: AggregateField<M, Value: Eq + Hash + DeserializeOwned>,
    {
        let column = field.into_column();
        let decode = column.decoder();
        Grouped { query: self.split().0, path: column.path, decode, error: column.error }
    }
}

impl<M: Model, K: Eq + Hash + Send + 'static> Grouped<M, K> {
    /// Returns the number of documents in each group. One command, which reads no documents, and one more for each further
    /// 16 MiB of keys.
    ///
    /// # Errors
    ///
    /// [`Error::Decode`](crate::Error::Decode) if a value of the field doesn't decode, such as a null in a field that isn't an
    /// `Option`. Those of [`Query::all`].
    #[track_caller]
    pub fn count<'e>(self, on: impl Executor<'e>) -> ByKey<'e, K, u64> {
        let call = self.query.call("count");
        self.aggregate(call, on.executor(), Metric::count::<M>())
    }

    /// Returns the sum of a field for each group; see [`Query::sum`]. As many commands as [`count`](Self::count).
    ///
    /// # Errors
    ///
    /// As for [`count`](Self::count) and [`Query::sum`].
    #[track_caller]
    pub fn sum<'e, F>(self, on: impl Executor<'e>, field: F) -> ByKey<'e, K, SumOf<F, M>>
    where
        F: AggregateField<M, Value: Numeric<Number: Summable>>,
        SumOf<F, M>: 'static,
    {
        let call = self.query.call("sum");
        self.aggregate(call, on.executor(), Metric::sum(field))
    }

    /// Returns the average of a field for each group; see [`Query::avg`]. As many commands as [`count`](Self::count).
    ///
    /// # Errors
    ///
    /// As for [`count`](Self::count) and [`Query::avg`].
    #[track_caller]
    pub fn avg<'e, F>(self, on: impl Executor<'e>, field: F) -> ByKey<'e, K, Option<MeanOf<F, M>>>
    where
        F: AggregateField<M, Value: Numeric<Number: Summable>>,
        MeanOf<F, M>: 'static,
    {
        let call = self.query.call("avg");
        self.aggregate(call, on.executor(), Metric::mean(field))
    }

    /// Returns the least value of a field for each group; see [`Query::min`]. As many commands as [`count`](Self::count).
    ///
    /// # Errors
    ///
    /// As for [`count`](Self::count) and [`Query::min`].
    #[track_caller]
    pub fn min<'e, F>(self, on: impl Executor<'e>, field: F) -> ByKey<'e, K, Option<ValueOf<F, M>>>
    where
        F: AggregateField<M, Value: Comparable + DeserializeOwned + 'static>,
        ValueOf<F, M>: 'static,
    {
        let call = self.query.call("min");
        self.aggregate(call, on.executor(), Metric::least(field))
    }

    /// Returns the greatest value of a field for each group; see [`Query::max`]. As many commands as [`count`](Self::count).
    ///
    /// # Errors
    ///
    /// As for [`count`](Self::count) and [`Query::min`].
    #[track_caller]
    pub fn max<'e, F>(self, on: impl Executor<'e>, field: F) -> ByKey<'e, K, Option<ValueOf<F, M>>>
    where
        F: AggregateField<M, Value: Comparable + DeserializeOwned + 'static>,
        ValueOf<F, M>: 'static,
    {
        let call = self.query.call("max");
        self.aggregate(call, on.executor(), Metric::greatest(field))
    }

    fn aggregate<'e, T: 'static>(self, call: Call, exec: Exec<'e>, metric: Metric<T>) -> ByKey<'e, K, T>
    where
        K: 'e,
    {
        let Self { query, path, decode, error } = self;
        call.run(async move {
            if let Some(source) = error {
                return Err(Error::encode::<M>(source));
            }
            metric.check::<M>()?;
            let groups = query.resolve(exec).await?.totals_by(exec, Some(&path), &metric.measure).await?;
            let mut totals = HashMap::with_capacity(groups.len());
            for (key, total) in groups {
                let key = decode(key).map_err(|source| {
                    let id = Box::new(mongodb::bson::Bson::Null);
                    Error::Decode { model: M::METADATA.name, field: path.clone(), id, source }
                })?;
                // several stored values may be one of the type, like a null and a missing field
                metric.measure.add(totals.entry(key).or_insert_with(|| metric.measure.none()), total);
            }
            totals.into_iter().map(|(key, total)| Ok((key, metric.finish(total)?))).collect()
        })
    }
}
