//! Finds all documents that a relation of a model to itself leads to: with `$graphLookup`, or level by level.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::slice;

use mongodb::bson::{Bson, Document, RawDocument, RawDocumentBuf, doc};

use super::children::answered;
use super::fetch::{Reading, each_key, fetch};
use super::join::{is_arranged, not_null};
use super::reach::{LoadKeys, WantsOf};
use super::wants::Wants;
use crate::bson::{self, Identity, compare};
use crate::embedded::Record as _;
use crate::error::Graph;
use crate::field::value;
use crate::plan::{self, Fetched, Kept, Keys, Parents, Strategy, View, part};
use crate::query::Sort;
use crate::run::Rendered;
use crate::schema::{Hops, Visible};
use crate::store::{self, Aggregate, Batches, Chosen, Exec, Reader, chunks, has_text, read_chosen, sort_keys, visit};
use crate::{Error, Filter, Find, Model, Query, Relation, Result};

/// The field that `$graphLookup` adds to a document: the number of steps before it.
const DEPTH: &str = "__earnorm_depth";

/// The names of a row: the start keys, the found documents, and then a document and its depth.
const KEYS: &str = "k";
const FOUND: &str = "f";
const ROW_DOCUMENT: &str = "d";
const ROW_DEPTH: &str = "n";

/// The greatest `maxDepth` of one `$graphLookup`. Some servers follow a relation only this far, and don't report it. The
/// documents at this depth start the next command.
const FAR: u32 = 100;

/// What to find.
pub(super) struct Descent<'q, D: LoadKeys> {
    pub(super) relation: &'q D,
    pub(super) query: &'q Query<D::Target>,
    pub(super) max_depth: Option<u32>,
    pub(super) strategy: Strategy,
    /// The fields of a document that are needed besides a view of it.
    pub(super) keys: &'q Keys,
}

/// The documents that were found, each once.
pub(super) struct Reached<X> {
    /// What was read of them.
    pub(super) documents: Vec<X>,
    /// Their ids.
    pub(super) ids: Vec<Identity>,
    /// The indices of the documents that each root leads to, in their order; after those of the roots, those of each
    /// document.
    pub(super) below: Vec<Vec<usize>>,
}

impl<M: Model, D: LoadKeys<Source = M, Target = M>> Descent<'_, D> {
    pub(super) async fn run<V: View<M>>(&self, exec: Exec<'_>, roots: Parents<'_, M>) -> Result<Reached<(V, V::Kept)>> {
        let query = Rendered::new(self.query)?;
        if roots.is_empty() || self.max_depth == Some(0) || query.is_empty() {
            return Ok(Reached { documents: Vec::new(), ids: Vec::new(), below: vec![Vec::new(); roots.len()] });
        }
        let search = (self.strategy == Strategy::Lookup).then(|| Search::of(self, &query.find)).flatten();
        match search {
            Some(search) => self.graph_lookup::<V>(exec, roots, &query.find, search).await,
            None => self.levels::<V>(exec, roots, &query.find).await,
        }
    }

    /// The order of the documents below one. Without another order, the least `_id` is the first.
    fn order(find: &Find) -> Document {
        let mut order = find.sort.clone();
        order.entry("_id".to_owned()).or_insert(Bson::Int32(1));
        order
    }

    /// One `$graphLookup` for each 1,000 keys of the roots or part of them, and for each further 101 levels.
    async fn graph_lookup<V: View<M>>(
        &self,
        exec: Exec<'_>,
        roots: Parents<'_, M>,
        find: &Find,
        search: Search,
    ) -> Result<Reached<(V, V::Kept)>> {
        let mut found = Found::new(Self::order(find), search.to);
        let only = self
            .keys
            .fields::<M, V>()
            .map(|only| only.and([search.to].into_iter().chain(found.order.keys().map(String::as_str))));
        let WantsOf(start) = self.relation.wants(exec, roots, None).await?;
        let reader = plan::reader::<M, V>(self.keys);
        let (mut next, mut levels) = (start.keys, 0);
        while let Some(max) = self.levels_after(levels).filter(|_| !next.is_empty()) {
            let mut deepest = Vec::new();
            for keys in chunks(&next) {
                let mut pipeline = search.pipeline(find, keys, max);
                let only = only.as_ref().map(|only| only.projection_at(ROW_DOCUMENT, &[ROW_DEPTH]));
                pipeline.extend(only.map(|only| doc! { "$project": only }));
                let joined = Graph { model: M::METADATA.name, relations: vec![D::Marker::META.name.to_owned()] };
                let aggregate = Aggregate { joined: Some(joined), ..Aggregate::new(find.collection, pipeline) };
                let mut batches = Batches::aggregate(exec, aggregate).await?;
                while let Some(batch) = batches.next().await? {
                    let mut chosen = Chosen::default();
                    visit(&batch, |row| {
                        let depth = row.get(ROW_DEPTH).map_err(mongodb::error::Error::from)?;
                        let is_deepest = depth.and_then(bson::integer).is_some_and(|depth| depth >= i64::from(max));
                        let document = part(row, ROW_DOCUMENT)?;
                        if let Some(index) = found.add(document)? {
                            chosen.add(&batch, document, 1)?;
                            deepest.extend(Some(index).filter(|_| is_deepest));
                        }
                        Ok(())
                    })
                    .await?;
                    read_chosen(&batch, chosen, &reader, &mut found.documents).await?;
                }
            }
            levels += max + 1;
            let deepest = V::Kept::held(deepest.into_iter().map(|index| &found.documents[index]));
            let WantsOf(wants) = self.relation.wants(exec, deepest.parents(), None).await?;
            next = wants.keys;
        }
        let wants = {
            let held = V::Kept::held(found.documents.iter());
            let WantsOf(wants) = self.relation.wants(exec, roots.followed_by(held.parents()), None).await?;
            wants
        };
        let below = found.below::<M>(exec, wants, is_arranged(D::Marker::META, self.query)).await?;
        Ok(Reached { documents: found.documents, ids: found.ids, below })
    }

    /// The `maxDepth` of the next `$graphLookup` after this number of levels; `None` if there are no more levels.
    fn levels_after(&self, levels: u32) -> Option<u32> {
        match self.max_depth {
            Some(max) => max.checked_sub(levels)?.checked_sub(1).map(|depth| depth.min(FAR)),
            None => Some(FAR),
        }
    }

    /// One command for each level and each 1,000 keys of it or part of them; two through a join model.
    async fn levels<V: View<M>>(
        &self,
        exec: Exec<'_>,
        roots: Parents<'_, M>,
        find: &Find,
    ) -> Result<Reached<(V, V::Kept)>> {
        let mut query = self.query.clone();
        if !is_arranged(D::Marker::META, self.query) {
            query = query.order_by(Sort::from(Self::order(find)));
        }
        let (mut documents, mut ids) = (Vec::<(V, V::Kept)>::new(), Vec::new());
        let (mut known, mut depth) = (HashMap::new(), 0);
        let mut below = Vec::with_capacity(roots.len());
        let mut level = 0..0;
        while depth == 0 || !level.is_empty() && self.max_depth.is_none_or(|max| depth < max) {
            let Fetched { children, of } = {
                let held = V::Kept::held(documents[level.clone()].iter());
                let parents = if depth == 0 { roots } else { held.parents() };
                self.level::<V>(exec, &query, parents).await?
            };
            level = documents.len()..documents.len();
            let mut places = Vec::with_capacity(children.len());
            for (document, id) in children {
                places.push(match known.entry(id) {
                    Entry::Occupied(place) => *place.get(),
                    Entry::Vacant(place) => {
                        ids.push(place.key().clone());
                        documents.push(document);
                        *place.insert(documents.len() - 1)
                    }
                });
            }
            level.end = documents.len();
            below.extend(of.into_iter().map(|list| list.into_iter().map(|index| places[index]).collect()));
            depth += 1;
        }
        below.resize(roots.len() + documents.len(), Vec::new());
        Ok(Reached { documents, ids, below })
    }

    async fn level<V: View<M>>(
        &self,
        exec: Exec<'_>,
        query: &Query<M>,
        parents: Parents<'_, M>,
    ) -> Result<Fetched<((V, V::Kept), Identity)>> {
        let query = answered(Rendered::new(query)?, exec).await?;
        let WantsOf(mut wants) = self.relation.wants(exec, parents, Some(&query.find)).await?;
        let reader = plan::reader::<M, V>(self.keys);
        let reader = Reader::new(move |document| Ok((reader.read(document)?, id_of(document)?)));
        let only = self.keys.fields::<M, V>();
        fetch(exec, &mut wants, Reading { query, reader, only, shared: true }).await
    }
}

fn id_of(document: &RawDocument) -> Result<Identity> {
    Ok(bson::identity(&value(document, "_id")?))
}

/// The fields that a `$graphLookup` compares.
#[derive(Clone, Copy)]
struct Search {
    from: &'static str,
    to: &'static str,
    to_parent: bool,
}

impl Search {
    /// `None` if `$graphLookup` can't follow the relation: it knows no join model, no tag beside a key of the documents
    /// that it found, no window and no condition on related documents, and it compares ids and keys as they are stored.
    fn of<M: Model, D: LoadKeys<Source = M, Target = M>>(descent: &Descent<'_, D>, find: &Find) -> Option<Self> {
        let hops = D::Marker::META.hops(M::TABLE).next()?;
        let Hops::Direct(hop) = hops else { return None };
        let windowed = find.skip.is_some() || find.limit.is_some();
        let conditions = !find.joins.is_empty() || !find.first.is_empty();
        let by_own_tag = hop.to_parent && hop.key.tag.is_some();
        // a list of keys in a field for one key refers to nothing
        let is_list = hop.to_parent && !hop.is_multiple() && bson::decode::<M::Id>(Bson::Array(Vec::new())).is_ok();
        // not every server follows a path through an array
        let in_array = hop.key.path.is_in_array();
        let collated = descent.query.options.collation.is_some();
        let possible =
            hops.are_alike() && !windowed && !conditions && !by_own_tag && !is_list && !in_array && !collated;
        possible.then(|| Self { from: hop.local(), to: hop.foreign(), to_parent: hop.to_parent })
    }

    fn pipeline(&self, find: &Find, keys: &[Bson], max_depth: u32) -> Vec<Document> {
        let mut lookup = doc! {
            "from": find.collection,
            "startWith": format!("${KEYS}"),
            "connectFromField": self.from,
            "connectToField": self.to,
            "as": FOUND,
            "maxDepth": i64::from(max_depth),
            "depthField": DEPTH,
        };
        let mut only = find.filter.clone();
        if self.to_parent {
            // the server takes a null key of a document for equal to a null id
            only = if only.is_empty() {
                not_null()
            } else {
                doc! { "$and": [not_null(), only] }
            };
        }
        if !only.is_empty() {
            lookup.insert("restrictSearchWithMatch", only);
        }
        vec![
            // any document of the collection: the keys are compared by its collation
            doc! { "$limit": 1 },
            doc! { "$project": { "_id": 0, KEYS: { "$literal": keys } } },
            doc! { "$graphLookup": lookup },
            doc! { "$unwind": format!("${FOUND}") },
            doc! { "$replaceRoot": { "newRoot": {
                ROW_DOCUMENT: format!("${FOUND}"), ROW_DEPTH: format!("${FOUND}.{DEPTH}"),
            } } },
            doc! { "$unset": format!("{ROW_DOCUMENT}.{DEPTH}") },
        ]
    }
}

/// The ids of a document and of all documents above it, which are found by a single key that is stored like the ids; empty if
/// the document doesn't exist. One command for each 101 levels. It can't run in a transaction: a server doesn't follow a
/// sharded collection there.
pub(crate) async fn chain<M: Model>(exec: Exec<'_>, key: &'static str, start: Bson) -> Result<Vec<Bson>> {
    // through deleted documents too: a restored one must not close a cycle
    let find = Query::<M>::new(Filter::default()).visible(Visible::All).to_query()?;
    let search = Search { from: key, to: "_id", to_parent: true };
    let (mut ids, mut known, mut next) = (Vec::new(), HashSet::new(), start);
    while next != Bson::Null {
        let only = |name: &str| format!("{ROW_DOCUMENT}.{name}");
        let mut pipeline = search.pipeline(&find, slice::from_ref(&next), FAR);
        pipeline.push(doc! { "$project": { ROW_DEPTH: 1, only("_id"): 1, only(key): 1 } });
        pipeline.push(doc! { "$sort": { ROW_DEPTH: 1 } });
        pipeline.push(doc! { "$replaceRoot": { "newRoot": format!("${ROW_DOCUMENT}") } });
        let read = |document: &RawDocument| Ok((value(document, "_id")?, value(document, key)?));
        let found = store::aggregate(exec, Some(find.collection), pipeline, read).await?;
        // a search that found less has found all
        let is_full = found.len() > FAR as usize;
        next = Bson::Null;
        for (id, above) in found {
            if known.insert(bson::identity(&id)) {
                ids.push(id);
                // the last one leads on
                next = if is_full { above } else { Bson::Null };
            }
        }
    }
    Ok(ids)
}

/// The documents of all `$graphLookup`s, as columns.
struct Found<X> {
    order: Document,
    /// The field by which the documents were found.
    key: &'static str,
    documents: Vec<X>,
    ids: Vec<Identity>,
    keys: Vec<Vec<Identity>>,
    /// The keys with text, which a collation can affect.
    text: Vec<Bson>,
    /// The values to sort by.
    orders: Vec<Vec<Bson>>,
    known: HashSet<Identity>,
}

impl<X> Found<X> {
    fn new(order: Document, key: &'static str) -> Self {
        let (documents, ids, keys, text, orders) = (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Self { order, key, documents, ids, keys, text, orders, known: HashSet::new() }
    }

    /// Adds what assigns a document to its parents, and returns its index; `None` if it was added before.
    fn add(&mut self, document: &RawDocument) -> Result<Option<usize>> {
        let id = id_of(document)?;
        if !self.known.insert(id.clone()) {
            return Ok(None);
        }
        let mut keys = Vec::new();
        each_key(document, self.key, |key| keys.push(key))?;
        let key = value(document, self.key)?;
        self.text.extend(Some(key).filter(has_text));
        self.ids.push(id);
        self.keys.push(keys);
        self.orders.push(sort_keys(&self.order, document)?);
        Ok(Some(self.ids.len() - 1))
    }

    /// The indices of the documents of each parent of `wants`.
    async fn below<M: Model>(&self, exec: Exec<'_>, mut wants: Wants, arranged: bool) -> Result<Vec<Vec<usize>>> {
        if wants.watch() {
            for key in &self.text {
                let key = RawDocumentBuf::try_from(&doc! { KEYS: key }).map_err(Error::other)?;
                wants.notice(&key, KEYS)?;
            }
            wants.settle(exec, M::METADATA.collection).await?;
        }
        let mut below = vec![Vec::new(); wants.count];
        for (index, keys) in self.keys.iter().enumerate() {
            for parent in keys.iter().flat_map(|key| wants.parents(key)) {
                let list: &mut Vec<usize> = &mut below[*parent];
                if list.last() != Some(&index) {
                    list.push(index);
                }
            }
        }
        for (parent, list) in below.iter_mut().enumerate() {
            match wants.arranged.as_ref().filter(|_| arranged) {
                Some(places) => wants.arrange(list, &places[parent], &self.ids),
                None => list.sort_by(|a, b| compare(&self.order, &self.orders[*a], &self.orders[*b])),
            }
        }
        Ok(below)
    }
}
