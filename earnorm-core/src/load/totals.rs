//! Totals of a relation's documents for many parents at once: counts, sums, averages and extremes.
//!
//! * By a key or an array in the target, the server computes the totals of all documents with the same key.
//! * By ids, in the source or in a join model, a document may have many parents. Each is read once, only its id and the field,
//!   and the totals are computed here.

use std::collections::HashSet;

use mongodb::bson::{Document, doc};

use super::children::answered;
use super::fetch::{Reading, each_key, fetch};
use super::reach::{LoadKeys, WantsOf};
use super::wants::{KeyKind, Wants};
use super::window;
use crate::bson::identity;
use crate::plan::{Cardinality, Fetched, Fields, Indices, Parents};
use crate::query::{Measure, Metric, Total};
use crate::run::Rendered;
use crate::store::{self, Exec, Reader, chunks, filter, side_by_side};
use crate::{Find, Model, Result};

/// In a row for each key of a document: the key.
const KEY: &str = "__earnorm_key";

/// The results for each parent, in order.
pub(super) async fn totals<D: LoadKeys, T>(
    relation: &D,
    query: Rendered<'_, D::Target>,
    exec: Exec<'_>,
    parents: Parents<'_, D::Source>,
    metric: &Metric<T>,
) -> Result<Vec<T>> {
    metric.check::<D::Target>()?;
    let totals = Box::pin(compute(relation, query, exec, parents, &metric.measure)).await?;
    totals.into_iter().map(|total| metric.finish(total)).collect()
}

async fn compute<D: LoadKeys>(
    relation: &D,
    mut query: Rendered<'_, D::Target>,
    exec: Exec<'_>,
    parents: Parents<'_, D::Source>,
    measure: &Measure,
) -> Result<Vec<Total>> {
    if parents.is_empty() || query.is_empty() {
        return Ok(vec![measure.none(); parents.len()]);
    }
    // the number within a window follows from the number of all documents; a sum needs the documents themselves
    let is_cut = !measure.is_count();
    if is_cut {
        query = answered(query, exec).await?;
    }
    let WantsOf(wants) = relation.wants(exec, parents, is_cut.then_some(&query.find)).await?;
    of_wanted(query, exec, wants, measure, <D::Cardinality as Cardinality>::ONE).await
}

/// The number of documents that each parent of `wants` has.
pub(super) async fn count_wanted<T: Model>(exec: Exec<'_>, query: Rendered<'_, T>, wants: Wants) -> Result<Vec<u64>> {
    let metric = Metric::count::<T>();
    let totals = of_wanted(query, exec, wants, &metric.measure, false).await?;
    totals.into_iter().map(|total| metric.finish(total)).collect()
}

/// The totals of the parents of `wants`; `one` says that each has at most one document.
async fn of_wanted<T: Model>(
    query: Rendered<'_, T>,
    exec: Exec<'_>,
    mut wants: Wants,
    measure: &Measure,
    one: bool,
) -> Result<Vec<Total>> {
    if wants.keys.is_empty() {
        return Ok(vec![measure.none(); wants.count]);
    }
    if wants.kind == KeyKind::Id {
        return by_ids(query, exec, &mut wants, measure).await;
    }
    let (mut find, is_cut) = (query.resolve(exec).await?.find, !measure.is_count());
    if is_cut && one {
        // without a unique index, there may be several, of which only the first is related
        find.limit = Some(1);
    }
    let stages = Stages { find: &find, measure, is_cut: is_cut && (find.skip.is_some() || find.limit.is_some()) };
    wants.watch();
    let mut found = by_keys(exec, &wants, &stages).await?;
    while wants.settle(exec, find.collection).await? {
        found = by_keys(exec, &wants, &stages).await?;
    }
    Ok(found
        .into_iter()
        .map(|total| if let Total::Count(n) = total { Total::Count(shown(&find, n)) } else { total })
        .collect())
}

/// The totals of documents that are found by their ids. A key counts only if its document exists, so each is read.
async fn by_ids<T: Model>(
    query: Rendered<'_, T>,
    exec: Exec<'_>,
    wants: &mut Wants,
    measure: &Measure,
) -> Result<Vec<Total>> {
    let sorted = query.is_windowed() && !measure.is_count();
    let order: Vec<String> = query.find.sort.keys().filter(|_| sorted).cloned().collect();
    let only = Fields::of(order.iter().map(String::as_str).chain(measure.path()));
    // a value that can't be read is an error only within the windows, which are cut after this
    let of_each = measure.clone();
    let reader = Reader::new(move |document| Ok(of_each.of_document(document)));
    let reading = Reading { query, reader, only: Some(only), shared: true };
    let Fetched { children, of } = fetch(exec, wants, reading).await?;
    let each = children.into_iter().collect::<Result<Vec<_>>>()?;
    let total = |list: &Indices| {
        let mut total = measure.none();
        for index in list {
            measure.add(&mut total, each[*index].clone());
        }
        total
    };
    Ok(of.iter().map(total).collect())
}

/// How the server computes the totals of the documents that hold some keys.
struct Stages<'a> {
    find: &'a Find,
    measure: &'a Measure,
    /// Whether the server first cuts the window of each parent.
    is_cut: bool,
}

impl Stages<'_> {
    fn of(&self, wants: &Wants, keys: &[mongodb::bson::Bson]) -> Vec<Document> {
        let (find, measure) = (self.find, self.measure);
        let by_key = format!("${}", wants.field);
        if self.is_cut {
            let mut pipeline = window::of_keys(wants, find, keys);
            pipeline.push(match window::Rows::of(wants.kind, find) {
                window::Rows::Documents => measure.group(by_key, ""),
                window::Rows::Partitions => {
                    measure.group(format!("${}.{}", window::DOCUMENT, wants.field), window::DOCUMENT)
                }
                window::Rows::Numbered => measure.group(format!("${}", window::PARENT), window::DOCUMENT),
            });
            return pipeline;
        }
        let mut pipeline = vec![doc! { "$match": filter(wants.field, keys, &find.filter) }];
        pipeline.extend(find.joins.iter().cloned());
        if wants.kind == KeyKind::Array {
            let mut only = Fields::of(measure.path()).projection();
            only.insert(KEY, window::keys_in(keys, wants.path.expression()));
            pipeline.push(doc! { "$project": only });
            pipeline.push(doc! { "$unwind": format!("${KEY}") });
            pipeline.push(measure.group(format!("${KEY}"), ""));
        } else {
            pipeline.push(measure.group(by_key, ""));
        }
        pipeline
    }
}

/// The total of the documents that hold the keys of each parent.
async fn by_keys(exec: Exec<'_>, wants: &Wants, stages: &Stages<'_>) -> Result<Vec<Total>> {
    let measure = stages.measure;
    let groups = side_by_side(chunks(&wants.keys), |keys| {
        store::aggregate(exec, Some(stages.find.collection), stages.of(wants, keys), |group| {
            wants.notice(group, "_id")?;
            let mut of = Vec::new();
            each_key(group, "_id", |key| of.push(key))?;
            if of.len() > 1 {
                // an array in a field for a single key: each of its elements counts, in the command that contains it
                let here: HashSet<_> = keys.iter().map(identity).collect();
                let mut seen = HashSet::new();
                of.retain(|key| here.contains(key) && seen.insert(key.clone()));
            }
            Ok((of, measure.of_group(group)?))
        })
    })
    .await?;
    let mut totals = vec![measure.none(); wants.count];
    for (of, total) in groups.into_iter().flatten() {
        for parent in of.iter().flat_map(|key| wants.parents(key)) {
            measure.add(&mut totals[*parent], total.clone());
        }
    }
    Ok(totals)
}

/// How many of `n` documents are within the window.
pub(super) fn shown(find: &Find, n: u64) -> u64 {
    let left = n.saturating_sub(find.skip.unwrap_or(0));
    find.limit.map_or(left, |limit| left.min(limit))
}
