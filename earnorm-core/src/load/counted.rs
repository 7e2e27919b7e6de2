use mongodb::bson::{Document, RawDocument};

use super::join;
use super::reach::{LoadKeys, check_saved};
use super::totals::{shown, totals};
use crate::bson::integer;
use crate::plan::{CountOf, Indices, JoinAt, Keyed, Keys, Origin, Parents, Pick, Reach, ReplacesNothing, Step};
use crate::query::Metric;
use crate::run::Rendered;
use crate::store::BoxFuture;
use crate::{Filter, Query, Relation, Result, Sort};

/// The number of a relation's documents: `User::POSTS.count()`.
///
/// In [`with`](Query::with), it is loaded for many parents at once. It is also a condition, `User::POSTS.count().gt(3)`, and a
/// sort key, `User::POSTS.count().desc()`.
pub struct Counted<D: Reach> {
    relation: D,
    query: Query<D::Target>,
}

impl<D: LoadKeys> Counted<D> {
    pub(super) fn new(relation: D, query: Query<D::Target>) -> Self {
        Self { relation, query }
    }
}

/// Conditions on the number of related documents, and orders by it.
impl<D: LoadKeys> Counted<D> {
    /// Matches documents with more than `n` related ones; see [`Filter`].
    pub fn gt(self, n: u64) -> Filter<D::Source> {
        self.gte(n.saturating_add(1))
    }

    /// Matches documents with at least `n` related ones; see [`Filter`].
    pub fn gte(self, n: u64) -> Filter<D::Source> {
        Filter::number::<D::Marker, _>(self.query, n, None)
    }

    /// Matches documents with less than `n` related ones; see [`Filter`].
    pub fn lt(self, n: u64) -> Filter<D::Source> {
        match n.checked_sub(1) {
            Some(most) => self.lte(most),
            None => !self.gte(0),
        }
    }

    /// Matches documents with at most `n` related ones; see [`Filter`].
    pub fn lte(self, n: u64) -> Filter<D::Source> {
        Filter::number::<D::Marker, _>(self.query, 0, Some(n))
    }

    /// Matches documents with exactly `n` related ones; see [`Filter`].
    pub fn eq(self, n: u64) -> Filter<D::Source> {
        Filter::number::<D::Marker, _>(self.query, n, Some(n))
    }

    /// Matches documents with another number of related ones; see [`Filter`].
    pub fn ne(self, n: u64) -> Filter<D::Source> {
        !self.eq(n)
    }

    /// Sorts documents by the number of related ones, the least first.
    ///
    /// ```no_run
    /// use earnorm::prelude::*;
    ///
    /// # #[derive(Serialize, Deserialize, Model)]
    /// # #[relation(one_to_many, target = Post, fk = author_id)]
    /// # struct User { #[serde(rename = "_id")] id: ObjectId, name: String }
    /// # #[derive(Serialize, Deserialize, Model)]
    /// # struct Post { #[serde(rename = "_id")] id: ObjectId, likes: i64, author_id: ObjectId }
    /// # async fn run(db: mongodb::Database) -> earnorm::Result<()> {
    /// let liked = User::POSTS.filter(Post::LIKES.gt(10)).count();
    /// let authors = User::find(User::POSTS.count().gt(3)).order_by((liked.desc(), User::NAME.asc())).limit(20);
    /// let authors = authors.all(&db).await?; // one command
    /// # Ok(()) }
    /// ```
    ///
    /// The server counts the related documents of every document that matches the filter, before the limit applies. In a
    /// large collection, sort by a field with a `counter` instead. [`after`](crate::Query::after) can't page by it.
    pub fn asc(self) -> Sort<D::Source> {
        Sort::number::<D::Marker, _>(self.query, 1)
    }

    /// Sorts documents by the number of related ones, the greatest first; see [`asc`](Self::asc).
    pub fn desc(self) -> Sort<D::Source> {
        Sort::number::<D::Marker, _>(self.query, -1)
    }
}

impl<D: Reach> Clone for Counted<D> {
    fn clone(&self) -> Self {
        Self { relation: self.relation, query: self.query.clone() }
    }
}

#[diagnostic::do_not_recommend]
impl<D: LoadKeys> Step<D::Source> for Counted<D>
where
    CountOf<D::Marker>: Keyed<Of = D::Source>,
{
    type Key = CountOf<D::Marker>;
    type Value = u64;
    type Replaces = ReplacesNothing;
    type Itself = Self;

    fn itself(self) -> Self {
        self
    }

    fn fetch<'a>(
        &'a self,
        from: Origin<'a>,
        place: usize,
        parents: Parents<'a, D::Source>,
    ) -> BoxFuture<'a, Result<Vec<u64>>> {
        Box::pin(async move {
            let query = Rendered::new(&self.query)?;
            let joined = if query.is_empty() { None } else { from.joined(place, |_, _| Ok(true)).await? };
            let Some(joined) = joined else {
                let count = Metric::count::<D::Target>();
                return Box::pin(totals(&self.relation, query, from.exec, parents, &count)).await;
            };
            let find = query.find;
            check_saved::<D>(parents)?;
            let count = |list: &Indices| match list.first() {
                Some(index) => Ok(shown(&find, number(joined.rows[*index], join::NUMBER)?)),
                None => Ok(0),
            };
            joined.of.iter().map(count).collect()
        })
    }

    fn keys(&self, keys: &mut Keys) {
        keys.add(D::Marker::META);
    }

    fn join(&self, at: &JoinAt, place: usize) -> Result<Vec<Document>> {
        join::lookup::<D::Marker, _>(&self.query, at, place, join::Joined::Count)
    }
}

/// A count in a joined row.
fn number(document: &RawDocument, name: &str) -> Result<u64> {
    let n = document.get(name).map_err(mongodb::error::Error::from)?;
    Ok(n.and_then(integer).map_or(0, i64::unsigned_abs))
}

#[diagnostic::do_not_recommend]
impl<D: Reach> Pick for Counted<D> {
    type Key = CountOf<D::Marker>;
}
