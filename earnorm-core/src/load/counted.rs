use std::collections::HashSet;

use mongodb::bson::{Document, RawDocument, doc};

use super::fetch::{Reading, each_key, fetch};
use super::reach::{LoadKeys, WantsOf, check_saved};
use super::wants::{KeyKind, Wants};
use super::{join, window};
use crate::bson::{identity, integer};
use crate::plan::{CountOf, Fetched, JoinAt, Keyed, Keys, Origin, Parents, Pick, Reach, ReplacesNothing, Step};
use crate::run::Rendered;
use crate::store::{self, BoxFuture, Exec, chunks, filter, side_by_side};
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
            let query = Rendered::new(&self.query)?;
            if query.is_empty() {
                return Ok(vec![0; parents.len()]);
            }
            let Some(joined) = from.joined(place, |row| number(row, join::NUMBER))? else {
                return self.ask(query, from.exec, parents).await;
            };
            let find = query.find;
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
fn shown(find: &Find, n: u64) -> u64 {
    let left = n.saturating_sub(find.skip.unwrap_or(0));
    find.limit.map_or(left, |limit| left.min(limit))
}

/// A count in a server's reply.
fn number(document: &RawDocument, name: &str) -> Result<u64> {
    let n = document.get(name).map_err(mongodb::error::Error::from)?;
    Ok(n.and_then(integer).map_or(0, i64::unsigned_abs))
}

impl<D: LoadKeys> Counted<D> {
    async fn ask(
        &self,
        query: Rendered<'_, D::Target>,
        exec: Exec<'_>,
        parents: Parents<'_, D::Source>,
    ) -> Result<Vec<u64>> {
        let WantsOf(mut wants) = self.relation.wants(exec, parents, None).await?;
        if wants.kind == KeyKind::Id {
            // a key counts only if its document exists, so the documents are read, but only their ids
            let reading = Reading { query, read: &|_| Ok(()), only: None, only_keys: true, shared: true };
            let found = fetch(exec, &mut wants, reading).await?;
            return Ok(found.of.iter().map(|list| list.len() as u64).collect());
        }
        if wants.keys.is_empty() {
            return Ok(vec![0; wants.count]);
        }
        let find = &query.resolve(exec).await?.find;
        wants.watch();
        let mut counts = count(exec, &wants, find).await?;
        while wants.settle(exec, find.collection).await? {
            counts = count(exec, &wants, find).await?;
        }
        Ok(counts.into_iter().map(|n| shown(find, n)).collect())
    }
}

/// How many documents hold the keys of each parent.
async fn count(exec: Exec<'_>, wants: &Wants, find: &Find) -> Result<Vec<u64>> {
    let groups = side_by_side(chunks(&wants.keys), |keys| {
        let mut pipeline = vec![doc! { "$match": filter(wants.field, keys, &find.filter) }];
        pipeline.extend(find.joins.iter().cloned());
        let field = format!("${}", wants.field);
        if wants.kind == KeyKind::Array {
            let here = window::keys_in(keys, wants.path.expression());
            pipeline.push(doc! { "$project": { "_id": 0, "key": here } });
            pipeline.push(doc! { "$unwind": "$key" });
            pipeline.push(doc! { "$group": { "_id": "$key", "n": { "$sum": 1_i64 } } });
        } else {
            pipeline.push(doc! { "$group": { "_id": field, "n": { "$sum": 1_i64 } } });
        }
        store::aggregate(exec, Some(find.collection), pipeline, |group| {
            wants.notice(group, "_id")?;
            let mut of = Vec::new();
            each_key(group, "_id", |key| of.push(key))?;
            if of.len() > 1 {
                // an array in a field for a single key: each of its elements counts, in the command that contains it
                let here: HashSet<_> = keys.iter().map(identity).collect();
                let mut seen = HashSet::new();
                of.retain(|key| here.contains(key) && seen.insert(key.clone()));
            }
            Ok((of, number(group, "n")?))
        })
    })
    .await?;
    let mut counts = vec![0_u64; wants.count];
    for (of, n) in groups.into_iter().flatten() {
        for parent in of.iter().flat_map(|key| wants.parents(key)) {
            counts[*parent] += n;
        }
    }
    Ok(counts)
}

#[diagnostic::do_not_recommend]
impl<D: Reach> Pick for Counted<D> {
    type Key = CountOf<D::Marker>;
}
