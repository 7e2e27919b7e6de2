//! From keys to documents: one command for every started 1,000 keys, and what each parent gets of the results.

use std::collections::{HashMap, HashSet};
use std::future::Future;

use futures_util::future::join_all;
use mongodb::bson::{Bson, Document, RawBsonRef, RawDocument, doc};

use super::compare::compare;
use super::wants::{Shape, Wants};
use super::window;
use crate::encoding::{self, Identity, raw_identity};
use crate::store::{self, Exec};
use crate::{Error, Find, Model, Query, Result};

/// How many commands of one include are under way at once.
const IN_FLIGHT: usize = 4;

/// How many bytes of keys go into one command, which may have 16 MiB.
pub(crate) const KEY_BYTES: usize = 8 << 20;

/// Keys as they go together.
pub(crate) fn chunks(keys: &[Bson]) -> Vec<&[Bson]> {
    let mut chunks = Vec::new();
    for chunk in keys.chunks(store::KEYS_PER_COMMAND) {
        let (mut start, mut bytes) = (0, 0);
        for (index, key) in chunk.iter().enumerate() {
            let size = size(key);
            if bytes + size > KEY_BYTES && index > start {
                chunks.push(&chunk[start..index]);
                (start, bytes) = (index, 0);
            }
            bytes += size;
        }
        chunks.push(&chunk[start..]);
    }
    chunks
}

/// About how many bytes a key takes; only long ones matter.
pub(crate) fn size(key: &Bson) -> usize {
    match key {
        Bson::String(text) => text.len() + 16,
        Bson::Binary(binary) => binary.bytes.len() + 16,
        Bson::Document(_) | Bson::Array(_) => 1_024,
        _ => 24,
    }
}

/// Runs a command for each chunk, some at once, each to its end: a driver's future is not to be dropped while it runs.
pub(crate) async fn side_by_side<C, T, F>(chunks: Vec<C>, run: impl Fn(C) -> F) -> Result<Vec<T>>
where
    F: Future<Output = Result<T>>,
{
    let mut results = Vec::with_capacity(chunks.len());
    let mut chunks = chunks.into_iter();
    while chunks.len() > 0 {
        for result in join_all(chunks.by_ref().take(IN_FLIGHT).map(&run)).await {
            results.push(result?);
        }
    }
    Ok(results)
}

/// What was found: each document once, or once for each parent, and which of them are each parent's.
pub(super) struct Fetched<T> {
    pub(super) children: Vec<T>,
    pub(super) of: Vec<Vec<usize>>,
}

impl<T> Fetched<T> {
    pub(super) fn none(parents: usize) -> Self {
        Self { children: Vec::new(), of: vec![Vec::new(); parents] }
    }
}

/// How documents of a relation are read.
pub(super) struct Reading<'q, T, X> {
    pub(super) query: &'q Query<T>,
    pub(super) read: fn(&RawDocument) -> Result<X>,
    /// The only fields to bring, where not all.
    pub(super) only_keys: bool,
    /// Whether one document may serve several parents, or each gets its own.
    pub(super) shared: bool,
}

/// A document, whom it is for, and what decides on its place among theirs.
struct Item<X> {
    value: X,
    parents: Vec<usize>,
    id: Option<Identity>,
    /// The values by which the results of several commands are put in order.
    order: Vec<Bson>,
}

pub(super) async fn fetch<T: Model, X>(
    exec: Exec<'_>,
    wants: &Wants,
    reading: Reading<'_, T, X>,
) -> Result<Fetched<X>> {
    let find = reading.query.to_query()?;
    if wants.keys.is_empty() || find.limit == Some(0) {
        return Ok(Fetched::none(wants.count));
    }
    let query = reading.query.clone().resolved(exec).await?;
    let (find, reading) = (query.to_query()?, Reading { query: &query, ..reading });
    let chunks = chunks(&wants.keys);
    let plan = Plan::of(wants, find, &reading, chunks.len());
    let found = if plan.cut_by_server && wants.shape == Shape::Id {
        let pipelines = window::of_pairs(wants, &plan.find);
        side_by_side(pipelines, |pipeline| plan.numbered(exec, None, pipeline, &reading)).await?
    } else {
        side_by_side(chunks, |keys| plan.run(exec, keys, &reading)).await?
    };
    Ok(plan.hand_out(found.into_iter().flatten().collect()))
}

/// How the documents of one include are asked for and handed out.
#[allow(clippy::struct_excessive_bools, reason = "each is a question of its own")]
struct Plan<'a> {
    wants: &'a Wants,
    find: Find,
    /// The parents' own orders count.
    arranged: bool,
    /// The server cuts each parent's window.
    cut_by_server: bool,
    several: bool,
    /// A parent's documents may come in several replies, to be put in one order here.
    merged: bool,
}

impl<'a> Plan<'a> {
    fn of<T, X>(wants: &'a Wants, mut find: Find, reading: &Reading<'_, T, X>, chunks: usize) -> Self {
        let arranged = wants.arranged.is_some() && (wants.cut || !reading.query.is_ordered());
        if arranged {
            find.sort.clear();
        }
        if wants.cut {
            (find.skip, find.limit) = (None, None);
        }
        let cut_by_server = !reading.only_keys && window::is_worth_it(wants, &find);
        Self {
            arranged,
            cut_by_server,
            several: chunks > 1,
            merged: !cut_by_server && wants.shape == Shape::Id && chunks > 1 && !find.sort.is_empty(),
            wants,
            find,
        }
    }

    async fn run<T: Model, X>(
        &self,
        exec: Exec<'_>,
        keys: &[Bson],
        reading: &Reading<'_, T, X>,
    ) -> Result<Vec<Item<X>>> {
        if self.cut_by_server && keys.len() > 1 {
            let pipeline = window::of_keys(self.wants, &self.find, keys);
            return self.numbered(exec, Some(self.find.collection), pipeline, reading).await;
        }
        // an array may hold keys of other chunks, whose commands bring the document for them
        let here: Option<HashSet<Identity>> =
            (self.several && self.wants.shape == Shape::Array).then(|| keys.iter().map(encoding::identity).collect());
        let read = |document: &RawDocument| self.items(document, self.parents(document, here.as_ref())?, reading);
        let mut find = self.find.clone();
        find.filter = filter(self.wants.field, keys, &self.find.filter);
        // the window of one key is that of a query
        if !self.cut_by_server {
            (find.skip, find.limit) = (None, None);
        }
        let mut options = reading.query.find_options(&find);
        if reading.only_keys {
            options.projection = Some(doc! { "_id": 1, self.wants.field: 1 });
        }
        Ok(store::find(exec, find, options, read).await?.into_iter().flatten().collect())
    }

    /// Sends a pipeline that cuts the windows.
    async fn numbered<T: Model, X>(
        &self,
        exec: Exec<'_>,
        collection: Option<&'static str>,
        pipeline: Vec<Document>,
        reading: &Reading<'_, T, X>,
    ) -> Result<Vec<Item<X>>> {
        let read = |row: &RawDocument| {
            let (document, parents) = match self.wants.shape {
                Shape::Key => (row, self.parents(row, None)?),
                _ => window::read(self.wants, row)?,
            };
            self.items(document, parents, reading)
        };
        Ok(store::aggregate(exec, collection, pipeline, read).await?.into_iter().flatten().collect())
    }

    /// A document for those who want it: one for all, or one for each.
    fn items<T, X>(
        &self,
        document: &RawDocument,
        parents: Vec<usize>,
        reading: &Reading<'_, T, X>,
    ) -> Result<Vec<Item<X>>> {
        let item = |parents| {
            Ok(Item {
                value: (reading.read)(document)?,
                parents,
                id: if self.arranged { keys_at(document, "_id")?.into_iter().next() } else { None },
                order: if self.merged { self.order(document)? } else { Vec::new() },
            })
        };
        if reading.shared {
            return Ok(vec![item(parents)?]);
        }
        parents.into_iter().map(|parent| item(vec![parent])).collect()
    }

    fn parents(&self, document: &RawDocument, here: Option<&HashSet<Identity>>) -> Result<Vec<usize>> {
        let mut parents: Vec<usize> = Vec::new();
        for key in keys_at(document, self.wants.field)? {
            if here.is_none_or(|here| here.contains(&key)) {
                parents.extend(self.wants.parents(&key));
            }
        }
        if self.wants.shape == Shape::Array {
            parents.sort_unstable();
            parents.dedup();
        }
        Ok(parents)
    }

    fn order(&self, document: &RawDocument) -> Result<Vec<Bson>> {
        let values = self.find.sort.keys().map(|path| {
            let (mut value, mut parts) = (None, path.split('.').peekable());
            let mut at = Some(document);
            while let (Some(part), Some(here)) = (parts.next(), at) {
                let found = here.get(part).map_err(mongodb::error::Error::from)?;
                at = found.and_then(RawBsonRef::as_document);
                if parts.peek().is_none() {
                    value = found;
                }
            }
            value.map_or(Ok(Bson::Null), |value| encoding::owned(value).map_err(Error::other))
        });
        values.collect()
    }

    fn hand_out<X>(&self, items: Vec<Item<X>>) -> Fetched<X> {
        let mut of = vec![Vec::new(); self.wants.count];
        for (index, item) in items.iter().enumerate() {
            for parent in &item.parents {
                of[*parent].push(index);
            }
        }
        if self.merged {
            for list in &mut of {
                list.sort_by(|a, b| compare(&self.find.sort, &items[*a].order, &items[*b].order));
            }
        }
        if let (true, Some(arranged)) = (self.arranged, &self.wants.arranged) {
            for (list, places) in of.iter_mut().zip(arranged) {
                list.sort_by_key(|index| items[*index].id.as_ref().and_then(|id| places.get(id)));
            }
        }
        let children = items.into_iter().map(|item| item.value);
        if self.cut_by_server || (self.find.skip.is_none() && self.find.limit.is_none()) {
            return Fetched { children: children.collect(), of };
        }
        self.cut(children.collect(), of)
    }

    /// Each parent's window, and only the documents that are in one.
    fn cut<X>(&self, children: Vec<X>, mut of: Vec<Vec<usize>>) -> Fetched<X> {
        let size = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
        let skip = size(self.find.skip.unwrap_or(0));
        let limit = self.find.limit.map_or(usize::MAX, size);
        let mut places: HashMap<usize, usize> = HashMap::new();
        for list in &mut of {
            *list = list.iter().copied().skip(skip).take(limit).collect();
            places.extend(list.iter().map(|index| (*index, 0)));
        }
        let mut kept = Vec::with_capacity(places.len());
        for (index, child) in children.into_iter().enumerate() {
            if let Some(place) = places.get_mut(&index) {
                *place = kept.len();
                kept.push(child);
            }
        }
        for index in of.iter_mut().flatten() {
            *index = places[index];
        }
        Fetched { children: kept, of }
    }
}

pub(crate) fn filter(field: &str, keys: &[Bson], other: &Document) -> Document {
    let key = match keys {
        [key] => doc! { field: { "$eq": key } },
        keys => doc! { field: { "$in": keys } },
    };
    if other.is_empty() {
        key
    } else {
        doc! { "$and": [key, other.clone()] }
    }
}

/// The keys that a document has in a field: one, or those of an array.
fn keys_at(document: &RawDocument, field: &str) -> Result<Vec<Identity>> {
    let identity = |value| raw_identity(value).map_err(Error::other);
    match document.get(field).map_err(mongodb::error::Error::from)? {
        None => Ok(Vec::new()),
        Some(RawBsonRef::Array(values)) => {
            values.into_iter().map(|value| identity(value.map_err(mongodb::error::Error::from)?)).collect()
        }
        Some(value) => Ok(vec![identity(value)?]),
    }
}
