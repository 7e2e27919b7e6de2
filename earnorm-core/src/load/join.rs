//! Loads a graph with one pipeline, for [`Strategy::Lookup`](super::Strategy): each include is a `$lookup` within the
//! `$lookup` of its parents.
//!
//! Each document comes as a row: `{ d: document, s0: [row, ..], s1: [row, ..] }`, with a slot for each step of its
//! plan, and `l` for the join document that links it. If nothing is joined to a document, the row is the document
//! itself. Field names of the row are therefore never mixed with those of the document.
//!
//! An include without modifiers is a `$lookup` without a pipeline, which servers run much faster. It takes a null or missing
//! key for equal to a null id, and an array for a list of keys. The documents that such values find are left out when the
//! rows are read: see [`refers`](super::children::refers).

use mongodb::bson::{Bson, Document, doc};
use serde::de::DeserializeOwned;

use crate::embedded::Record as _;
use crate::plan::{DOCUMENT, Fields, JoinAt};
pub(super) use crate::query::NUMBER;
use crate::query::counted;
use crate::schema::{Hop, Hops, KeyHolder, RelationKind, RelationMetadata, expression};
use crate::store::no_array;
use crate::{Find, Model, Query, Relation, Result, bson};

pub(super) const LINK: &str = "l";
/// In the row of a link: the key of the target.
const KEY: &str = "k";

/// What to join for a relation.
pub(super) enum Joined {
    /// The number of documents, ignoring the window.
    Count,
    Documents {
        /// The stages that join further documents to each document, if there are any. The documents then come as
        /// rows.
        below: Option<Vec<Document>>,
        /// Whether to return the join documents too.
        links: bool,
        /// Whether only the first document is used.
        one: bool,
        /// The fields of the documents to send; `None` for all.
        only: Option<Fields>,
    },
}

/// Whether the documents are in the order of the ids in the parent's array.
pub(super) fn is_arranged<T: Model>(relation: &RelationMetadata, query: &Query<T>) -> bool {
    relation.kind == RelationKind::ManyToMany && relation.holder == KeyHolder::Source && !query.is_ordered()
}

/// The stages that join a relation's documents to the rows of its parents. None if the ids and keys are not stored
/// alike, so the server can't compare them, if the query needs other commands first, or if its limit is 0.
pub(super) fn lookup<R: Relation, T: Model>(
    query: &Query<T>,
    at: &JoinAt,
    place: usize,
    joined: Joined,
) -> Result<Vec<Document>> {
    let find = query.to_query()?;
    // a step has one target
    let Some(hops) = R::META.hops(R::Source::TABLE).next() else { return Ok(Vec::new()) };
    let first = hops.first();
    let windowed = find.skip.is_some() || find.limit.is_some();
    // not every server joins by a path through an array in the target
    let by_array_in_target = !first.to_parent && first.key.path.is_in_array();
    // several embedded documents of one row share what is joined: nothing can be counted, cut or copied for each of them
    let is_shared = at.is_in_array();
    let each = is_shared && (windowed || !matches!(joined, Joined::Documents { one: true, .. }));
    // a join can't read the tag beside a key of the parent
    let by_own_tag = first.to_parent && first.key.tag.is_some();
    if by_array_in_target || by_own_tag || each || !hops.are_alike() || !find.first.is_empty() || find.limit == Some(0)
    {
        return Ok(Vec::new());
    }
    let slot = at.slot(place);
    let (mut before, mut after) = (None, None);
    let local = if is_shared {
        // nor by a path through an array of the row
        let keys = format!("k{slot}");
        let pattern = format!("{DOCUMENT}.{}{}", at.path, first.key.path.pattern);
        let all = expression("$", &pattern, first.key.path.is_array);
        before = Some(doc! { "$set": { &keys: all } });
        after = Some(doc! { "$unset": &keys });
        keys
    } else {
        format!("{DOCUMENT}.{}{}", at.path, first.local())
    };
    let mut lookup =
        doc! { "from": first.collection(), "localField": &local, "foreignField": first.foreign(), "as": slot };
    let stages = if let Hops::Through(_, second) = hops {
        let mut tags = first.documents().filter();
        tags.extend(first.tag());
        tags.extend(second.tag());
        through((second.key.field, tags), &find, joined, is_compared_exactly::<T::Id>())
    } else {
        let arranged = is_arranged(R::META, query) && windowed;
        if arranged {
            lookup.insert("let", doc! { "ids": format!("${local}") });
        }
        let single = first.to_parent && !first.is_multiple() && !is_shared;
        let counts = matches!(joined, Joined::Count);
        let mut stages = direct(first, find, arranged, joined.of_several(is_shared));
        if first.to_parent && (counts || windowed || !is_compared_exactly::<T::Id>()) {
            stages.insert(0, any_id());
        }
        if single && (reads::<T::Id>(Bson::Array(Vec::new())) || (counts && at.is_part)) {
            // a `$lookup` treats an array as a list of keys; in a field for a single key, it refers to nothing. If the
            // document is decoded and the type of the key can't be a list, decoding has failed before
            lookup.insert("let", doc! { "key": format!("${local}") });
            stages.insert(0, doc! { "$match": { "$expr": { "$not": [{ "$isArray": "$$key" }] } } });
        }
        stages
    };
    if !stages.is_empty() {
        lookup.insert("pipeline", stages);
    }
    Ok(before.into_iter().chain([doc! { "$lookup": lookup }]).chain(after).collect())
}

impl Joined {
    /// For several embedded documents in one row: each may use another document.
    fn of_several(self, several: bool) -> Self {
        match self {
            Self::Documents { below, links, only, .. } if several => Self::Documents { below, links, one: false, only },
            joined => joined,
        }
    }
}

/// The stages on the documents of the target.
fn direct(hop: &Hop, find: Find, arranged: bool, joined: Joined) -> Vec<Document> {
    let mut stages = Vec::new();
    let Joined::Documents { below, one, only, .. } = joined else {
        stages.extend(chosen(&find));
        stages.push(counted());
        return stages;
    };
    let mut find = find;
    if one && find.limit.is_none() {
        let sort = std::mem::take(&mut find.sort);
        let is_plain = below.is_none() && only.is_none() && find.pipeline().is_empty() && sort == doc! { "_id": 1 };
        // of several documents, the first is chosen when the rows are read; by an id, there is one
        if !is_plain && !hop.to_parent {
            find.limit = Some(1);
            find.sort = sort;
        }
    }
    if arranged {
        stages.extend(chosen(&find));
        let place = doc! { "$indexOfArray": ["$$ids", "$_id"] };
        stages.push(doc! { "$replaceRoot": { "newRoot": { DOCUMENT: "$$ROOT", NUMBER: place } } });
        window(&mut stages, &Find { sort: doc! { NUMBER: 1 }, ..find }, "");
        stages.extend(only.map(|only| doc! { "$project": only.projection_at(DOCUMENT, &[]) }));
    } else {
        stages.extend(find.pipeline());
        stages.extend(only.map(|only| doc! { "$project": only.projection() }));
    }
    match below {
        Some(below) => {
            stages.push(if arranged {
                doc! { "$unset": NUMBER }
            } else {
                doc! { "$replaceRoot": { "newRoot": { DOCUMENT: "$$ROOT" } } }
            });
            stages.extend(below);
        }
        None if arranged => stages.push(doc! { "$replaceRoot": { "newRoot": format!("${DOCUMENT}") } }),
        None => {}
    }
    stages
}

/// The stages on the join documents. Several join documents for the same pair are one link, and the one with the
/// least `_id` counts. Two of them have the same pair if they lead to the same document, so the server's own
/// comparison of ids and keys decides.
fn through((target_key, tags): (&str, Document), find: &Find, joined: Joined, exact: bool) -> Vec<Document> {
    let mut leads = vec![doc! { target_key: { "$ne": Bson::Null } }, doc! { target_key: no_array() }];
    leads.extend((!tags.is_empty()).then_some(tags));
    let mut stages = vec![doc! { "$match": { "$and": leads } }];
    let mut link = doc! { KEY: format!("${target_key}") };
    let mut group = doc! { "_id": format!("${DOCUMENT}._id"), DOCUMENT: { "$first": format!("${DOCUMENT}") } };
    let with_links = matches!(joined, Joined::Documents { links: true, .. });
    if with_links {
        stages.push(doc! { "$sort": { "_id": 1 } });
        link.insert(LINK, "$$ROOT");
        group.insert(LINK, doc! { "$first": format!("${LINK}") });
    }
    stages.push(doc! { "$replaceRoot": { "newRoot": link } });
    stages.extend(targets(find, KEY, exact, matches!(joined, Joined::Count)));
    stages.push(doc! { "$group": group });
    let Joined::Documents { below, only, .. } = joined else {
        stages.push(counted());
        return stages;
    };
    window(&mut stages, find, DOCUMENT);
    match only {
        Some(only) => {
            let beside: &[&str] = if with_links { &[LINK] } else { &[] };
            stages.push(doc! { "$project": only.projection_at(DOCUMENT, beside) });
        }
        None => stages.extend(find.without_keys(DOCUMENT)),
    }
    match below {
        Some(below) => {
            stages.push(doc! { "$unset": "_id" });
            stages.extend(below);
        }
        None if with_links => stages.push(doc! { "$unset": "_id" }),
        None => stages.push(doc! { "$replaceRoot": { "newRoot": format!("${DOCUMENT}") } }),
    }
    stages
}

/// The stages that join the document of each key, which isn't null, and drop keys without one.
pub(super) fn targets(find: &Find, key: &str, exact: bool, only_ids: bool) -> [Document; 2] {
    let mut pipeline: Vec<_> = (!exact).then(any_id).into_iter().chain(chosen(find)).collect();
    if only_ids {
        if !pipeline.is_empty() {
            pipeline.push(doc! { "$project": { "_id": 1 } });
        }
    } else {
        pipeline.extend(find.key_stages());
    }
    let mut lookup = doc! { "from": find.collection, "localField": key, "foreignField": "_id", "as": DOCUMENT };
    if !pipeline.is_empty() {
        lookup.insert("pipeline", pipeline);
    }
    [doc! { "$lookup": lookup }, doc! { "$unwind": format!("${DOCUMENT}") }]
}

/// A stage that keeps every document that a key can refer to. With it, every server compares keys as in a `find`.
fn any_id() -> Document {
    doc! { "$match": not_null() }
}

/// Whether every server compares ids of this type correctly in a `$lookup` without a pipeline. The local server that the
/// tests use then ignores the collation of the collection, and takes a regular expression in a key for a pattern.
pub(super) fn is_compared_exactly<I: DeserializeOwned>() -> bool {
    // a type that can hold a pattern can hold text too
    !reads::<I>("~".into())
}

/// The condition that a document has an id.
pub(super) fn not_null() -> Document {
    doc! { "_id": { "$ne": Bson::Null } }
}

fn reads<I: DeserializeOwned>(value: Bson) -> bool {
    bson::decode::<I>(value).is_ok()
}

/// The stages that keep only documents that match a query, ignoring its order and window.
pub(super) fn chosen(find: &Find) -> Vec<Document> {
    let found = (!find.filter.is_empty()).then(|| doc! { "$match": find.filter.clone() });
    found.into_iter().chain(find.joins.iter().cloned()).collect()
}

/// Adds the order and the window of a query whose documents are in the field `at`.
fn window(stages: &mut Vec<Document>, find: &Find, at: &str) {
    let signed = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    if !find.sort.is_empty() {
        let keys = find.sort.iter().map(|(key, direction)| match at {
            "" => (key.clone(), direction.clone()),
            at => (format!("{at}.{key}"), direction.clone()),
        });
        stages.push(doc! { "$sort": keys.collect::<Document>() });
    }
    if let Some(skip) = find.skip {
        stages.push(doc! { "$skip": signed(skip) });
    }
    if let Some(limit) = find.limit {
        stages.push(doc! { "$limit": signed(limit) });
    }
}
