use mongodb::bson::{Document, RawDocument};

use super::join;
use super::reach::{LoadKeys, check_saved};
use super::totals::totals;
use crate::bson::integer;
use crate::plan::{CountOf, Fetched, JoinAt, Keyed, Keys, Origin, Parents, Pick, Reach, ReplacesNothing, Step};
use crate::query::Metric;
use crate::run::Rendered;
use crate::store::BoxFuture;
use crate::{Find, Query, Relation, Result};

/// A step that loads the number of a relation's documents for many parents at once: `User::POSTS.count()`.
pub struct Counted<D: Reach> {
    relation: D,
    query: Query<D::Target>,
}

impl<D: LoadKeys> Counted<D> {
    pub(super) fn new(relation: D, query: Query<D::Target>) -> Self {
        Self { relation, query }
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
            let find = Rendered::new(&self.query)?.find;
            let joined = if find.limit == Some(0) { None } else { from.joined(place, |row| number(row, join::NUMBER))? };
            let Some(joined) = joined else {
                let count = Metric::count::<D::Target>();
                return totals(&self.relation, &self.query, from.exec, parents, &count).await;
            };
            check_saved::<D>(parents)?;
            let Fetched { children, of } = joined.found;
            Ok(of
                .iter()
                .map(|list| shown(&find, list.first().and_then(|index| children.get(*index)).copied().unwrap_or(0)))
                .collect())
        })
    }

    fn keys(&self, keys: &mut Keys) {
        keys.add(D::Marker::META);
    }

    fn join(&self, at: &JoinAt, place: usize) -> Result<Vec<Document>> {
        join::lookup::<D::Marker, _>(&self.query, at, place, join::Joined::Count)
    }
}

/// How many of `n` documents are within the window.
pub(super) fn shown(find: &Find, n: u64) -> u64 {
    let left = n.saturating_sub(find.skip.unwrap_or(0));
    find.limit.map_or(left, |limit| left.min(limit))
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
