//! Loads the documents of a relation for each of its parents.

use mongodb::bson::{Document, RawBsonRef, RawDocument, doc};

use super::fetch::{Reading, fetch};
use super::join;
use super::reach::{LoadKeys, WantsOf, check_saved};
use super::wants::Wants;
use crate::bson::{Identity, identity, sort_by_keys};
use crate::field::{self, value};
use crate::plan::{
    self, Cardinality, Fetched, Fields, Indices, JoinAt, Joined, Kept, Keys, Origin, Parent, Parents, Plan, Reach, View,
};
use crate::run::Rendered;
use crate::schema::KeyHolder;
use crate::store::{Exec, Reader, run_aside};
use crate::{Model, Query, Relation, Result};

/// The stages that join the documents of a relation, together with what `plan` loads for them; none if a join isn't
/// possible.
pub(super) fn join_step<D: LoadKeys, P: Plan<D::Target>, V: View<D::Target>>(
    query: &Query<D::Target>,
    plan: &P,
    links: bool,
    (at, place): (&JoinAt, usize),
) -> Result<Vec<Document>> {
    let below = if P::STEPS > 0 { Some(plan.join(&JoinAt::document::<D::Target, V>())?) } else { None };
    let only = Keys::of(plan).fields::<D::Target, V>();
    let documents = join::Joined::Documents { below, links, one: <D::Cardinality as Cardinality>::ONE, only };
    join::lookup::<D::Marker, _>(query, at, place, documents)
}

/// The document of a joined row. If the plan `P` has no steps, the row is the document.
pub(super) fn document<T: Model, P: Plan<T>>(row: &RawDocument) -> Result<&RawDocument> {
    if P::STEPS > 0 { plan::document(row) } else { Ok(row) }
}

/// Whether the key of a parent refers to a document that a `$lookup` joined to it. A null refers to nothing, and neither
/// does an array in a field for a single key. The key of a parent that was decoded isn't an array, because decoding would
/// have failed.
pub(super) fn refers<D: Reach>(parents: Parents<'_, D::Source>, parent: usize, joined: &RawDocument) -> Result<bool> {
    let relation = D::Marker::META;
    if relation.holder != KeyHolder::Source {
        return Ok(true);
    }
    if field::raw_value(joined, "_id")? == RawBsonRef::Null {
        return Ok(false);
    }
    Ok(match parents.get(parent) {
        Some(Parent::Raw(document)) if !relation.path.is_multiple() => {
            !matches!(field::raw_value(document, relation.foreign_key)?, RawBsonRef::Array(_))
        }
        _ => true,
    })
}

/// The loaded value of each parent.
type Values<D, P, V> =
    Vec<<<D as Reach>::Cardinality as Cardinality>::Value<<P as Plan<<D as Reach>::Target>>::Row<V>>>;

/// Loads the documents of a relation for each parent, and then what `plan` loads for them. Documents that came joined
/// to their parents are used; otherwise they are fetched.
pub(super) async fn reach<D: LoadKeys, P: Plan<D::Target>, V: View<D::Target>>(
    relation: &D,
    query: &Query<D::Target>,
    plan: &P,
    from: Origin<'_>,
    place: usize,
    parents: Parents<'_, D::Source>,
) -> Result<Values<D, P, V>> {
    let keys = Keys::of(plan);
    let reader = plan::reader::<D::Target, V>(&keys);
    let belongs = |parent: usize, row| refers::<D>(parents, parent, document::<D::Target, P>(row)?);
    let joined = from.joined(place, belongs).await?;
    let (Fetched { children, of }, joined) = if let Some(mut joined) = joined {
        check_saved::<D>(parents)?;
        let reader = Reader::new(move |row| reader.read(document::<D::Target, P>(row)?));
        let children = joined.rows().read(&reader).await?;
        arrange::<D, P>(relation, query, from, parents, &mut joined).await?;
        (Fetched { children: children.into(), of: std::mem::take(&mut joined.of) }, Some(joined))
    } else {
        let only = keys.fields::<D::Target, V>();
        (ask(relation, query, from.exec, parents, reader, only).await?, None)
    };
    let outs = {
        let children = V::Kept::held(children.iter());
        plan.load(Origin::new(from.exec, joined.as_ref().map(Joined::rows)), children.parents()).await?
    };
    run_aside(children.len() + of.len(), move || {
        D::Cardinality::hand_out(P::rows(children.into_iter().map(|(child, _)| child), outs), of)
    })
    .await
}

async fn ask<D: LoadKeys, X: Send + 'static>(
    relation: &D,
    query: &Query<D::Target>,
    exec: Exec<'_>,
    parents: Parents<'_, D::Source>,
    reader: Reader<X>,
    only: Option<Fields>,
) -> Result<Fetched<X>> {
    let query = Rendered::new(query)?;
    if parents.is_empty() || query.is_empty() {
        return Ok(Fetched::none(parents.len()));
    }
    let query = answered(query, exec).await?;
    let WantsOf(mut wants) = relation.wants(exec, parents, Some(&query.find)).await?;
    let reading = Reading { query, reader, only, shared: <D::Cardinality as Cardinality>::SHARED };
    fetch(exec, &mut wants, reading).await
}

/// Resolves a query that has a window: the window depends on what the query's conditions and links find. Other
/// queries are returned unchanged.
pub(super) async fn answered<'q, T: Model>(query: Rendered<'q, T>, exec: Exec<'_>) -> Result<Rendered<'q, T>> {
    if query.is_windowed() { query.resolve(exec).await } else { Ok(query) }
}

/// Assigns joined documents to embedded documents, which have one row for all of an array, or puts them into the order of
/// their parents' arrays if no other order applies. With a window, the server has already done this. Of several documents of
/// a relation to one, the one with the least `_id` comes first.
async fn arrange<D: LoadKeys, P: Plan<D::Target>>(
    relation: &D,
    query: &Query<D::Target>,
    from: Origin<'_>,
    parents: Parents<'_, D::Source>,
    joined: &mut Joined<'_>,
) -> Result<()> {
    if D::Cardinality::ONE && !from.has_shared_rows() {
        for list in joined.of.iter_mut().filter(|list| list.len() > 1) {
            let ids = list
                .iter()
                .map(|index| Ok((vec![value(document::<D::Target, P>(joined.rows[*index])?, "_id")?], *index)));
            let mut ids = ids.collect::<Result<Vec<_>>>()?;
            sort_by_keys(&doc! { "_id": 1 }, &mut ids);
            *list = ids.into_iter().map(|(_, index)| index).collect();
        }
    }
    let arranged = join::is_arranged(D::Marker::META, query) && !Rendered::new(query)?.is_windowed();
    if !arranged && !from.has_shared_rows() {
        return Ok(());
    }
    let WantsOf(mut wants) = relation.wants(from.exec, parents, None).await?;
    let children = joined.rows.iter().map(|row| document::<D::Target, P>(row)).collect::<Result<Vec<_>>>()?;
    if wants.watch() {
        for child in &children {
            wants.notice(child, "_id")?;
        }
        wants.settle(from.exec, D::Target::METADATA.collection).await?;
    }
    let ids = children.iter().map(|child| Ok(identity(&value(child, "_id")?))).collect::<Result<Vec<_>>>()?;
    if from.has_shared_rows() {
        assign(&wants, &ids, &mut joined.of);
    }
    if arranged {
        for (list, places) in joined.of.iter_mut().zip(wants.arranged.iter().flatten()) {
            wants.arrange(list, places, &ids);
        }
    }
    Ok(())
}

/// Leaves each embedded document only the documents that it refers to. Those of one row are next to each other, and have
/// the same list.
fn assign(wants: &Wants, ids: &[Identity], of: &mut [Indices]) {
    let mut first = 0;
    while let Some(shared) = of.get(first).cloned() {
        let end = first + of[first..].iter().take_while(|list| **list == shared).count();
        of[first..end].iter_mut().for_each(Indices::clear);
        for index in shared {
            let parents = wants.parents(&ids[index]);
            let here =
                parents.partition_point(|parent| *parent < first)..parents.partition_point(|parent| *parent < end);
            for parent in &parents[here] {
                of[*parent].push(index);
            }
        }
        first = end;
    }
}
