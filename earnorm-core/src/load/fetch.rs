//! From keys to documents: one command for every started 1,000 keys, and what each parent gets of the results.

use std::collections::HashSet;
use std::future::Future;

use futures_util::stream::{FuturesOrdered, StreamExt};
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
    let mut running = FuturesOrdered::new();
    let (mut chunks, mut failure) = (chunks.into_iter(), None);
    loop {
        while running.len() < IN_FLIGHT && failure.is_none() {
            match chunks.next() {
                Some(chunk) => running.push_back(run(chunk)),
                None => break,
            }
        }
        match running.next().await {
            Some(Ok(result)) => results.push(result),
            Some(Err(error)) => failure = failure.or(Some(error)),
            None => return failure.map_or(Ok(results), Err),
        }
    }
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

/// What replies brought, in their order: a column for each thing that is known of a document.
struct Found<X> {
    values: Vec<X>,
    /// A parent, and the place of a value that is for it.
    owners: Vec<(usize, usize)>,
    /// The ids of the documents, where the parents' own orders count.
    ids: Vec<Option<Identity>>,
    /// The values by which the results of several commands are put in order, where there are several.
    orders: Vec<Vec<Bson>>,
}

impl<X> Found<X> {
    fn new() -> Self {
        Self { values: Vec::new(), owners: Vec::new(), ids: Vec::new(), orders: Vec::new() }
    }

    /// Puts what a later command found behind it.
    fn append(&mut self, mut other: Self) {
        let behind = self.values.len();
        self.values.append(&mut other.values);
        self.owners.extend(other.owners.into_iter().map(|(parent, place)| (parent, behind + place)));
        self.ids.append(&mut other.ids);
        self.orders.append(&mut other.orders);
    }
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
    Ok(plan.hand_out(found))
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

    async fn run<T: Model, X>(&self, exec: Exec<'_>, keys: &[Bson], reading: &Reading<'_, T, X>) -> Result<Found<X>> {
        if self.cut_by_server && keys.len() > 1 {
            let pipeline = window::of_keys(self.wants, &self.find, keys);
            return self.numbered(exec, Some(self.find.collection), pipeline, reading).await;
        }
        // an array may hold keys of other chunks, whose commands bring the document for them
        let here: Option<HashSet<Identity>> =
            (self.several && self.wants.shape == Shape::Array).then(|| keys.iter().map(encoding::identity).collect());
        let (mut found, mut parents) = (Found::new(), Vec::new());
        let read = |document: &RawDocument| {
            self.parents(document, here.as_ref(), &mut parents)?;
            self.add(&mut found, document, &parents, reading)
        };
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
        store::find(exec, find, options, read).await?;
        Ok(found)
    }

    /// Sends a pipeline that cuts the windows.
    async fn numbered<T: Model, X>(
        &self,
        exec: Exec<'_>,
        collection: Option<&'static str>,
        pipeline: Vec<Document>,
        reading: &Reading<'_, T, X>,
    ) -> Result<Found<X>> {
        let (mut found, mut parents) = (Found::new(), Vec::new());
        let read = |row: &RawDocument| {
            let mut document = row;
            if self.wants.shape == Shape::Key {
                self.parents(row, None, &mut parents)?;
            } else {
                (document, parents) = window::read(self.wants, row)?;
            }
            self.add(&mut found, document, &parents, reading)
        };
        store::aggregate(exec, collection, pipeline, read).await?;
        Ok(found)
    }

    /// Adds a document for those who want it: once for all, or once for each.
    fn add<T, X>(
        &self,
        found: &mut Found<X>,
        document: &RawDocument,
        parents: &[usize],
        reading: &Reading<'_, T, X>,
    ) -> Result<()> {
        for (index, parent) in parents.iter().enumerate() {
            if index == 0 || !reading.shared {
                found.values.push((reading.read)(document)?);
                if self.arranged {
                    let mut id = None;
                    each_key(document, "_id", |key| id = Some(key))?;
                    found.ids.push(id);
                }
                if self.merged {
                    found.orders.push(self.order(document)?);
                }
            }
            found.owners.push((*parent, found.values.len() - 1));
        }
        Ok(())
    }

    /// Whose a document is, in a list that is used again for the next.
    fn parents(
        &self,
        document: &RawDocument,
        here: Option<&HashSet<Identity>>,
        parents: &mut Vec<usize>,
    ) -> Result<()> {
        parents.clear();
        each_key(document, self.wants.field, |key| {
            if here.is_none_or(|here| here.contains(&key)) {
                parents.extend_from_slice(self.wants.parents(&key));
            }
        })?;
        if self.wants.shape == Shape::Array {
            parents.sort_unstable();
            parents.dedup();
        }
        Ok(())
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

    fn hand_out<X>(&self, found: Vec<Found<X>>) -> Fetched<X> {
        let mut found = found.into_iter();
        let mut all = found.next().unwrap_or_else(Found::new);
        found.for_each(|next| all.append(next));
        let Found { values, owners, ids, orders, .. } = all;

        let mut numbers = vec![0; self.wants.count];
        for (parent, _) in &owners {
            numbers[*parent] += 1;
        }
        let mut of: Vec<Vec<usize>> = numbers.into_iter().map(Vec::with_capacity).collect();
        for (parent, place) in owners {
            of[parent].push(place);
        }
        if self.merged {
            for list in &mut of {
                list.sort_by(|a, b| compare(&self.find.sort, &orders[*a], &orders[*b]));
            }
        }
        if let (true, Some(arranged)) = (self.arranged, &self.wants.arranged) {
            for (list, places) in of.iter_mut().zip(arranged) {
                list.sort_by_key(|index| ids[*index].as_ref().and_then(|id| places.get(id)));
            }
        }
        if self.cut_by_server || (self.find.skip.is_none() && self.find.limit.is_none()) {
            return Fetched { children: values, of };
        }
        self.cut(values, of)
    }

    /// Each parent's window, and only the documents that are in one.
    fn cut<X>(&self, children: Vec<X>, mut of: Vec<Vec<usize>>) -> Fetched<X> {
        let size = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
        let skip = size(self.find.skip.unwrap_or(0));
        let limit = self.find.limit.map_or(usize::MAX, size);
        let mut places: Vec<Option<usize>> = vec![None; children.len()];
        for list in &mut of {
            list.truncate(skip.saturating_add(limit));
            list.drain(..skip.min(list.len()));
            for index in list {
                places[*index] = Some(0);
            }
        }
        let mut kept = Vec::new();
        for (child, place) in children.into_iter().zip(&mut places) {
            if let Some(place) = place {
                *place = kept.len();
                kept.push(child);
            }
        }
        for index in of.iter_mut().flatten() {
            *index = places[*index].unwrap_or_default();
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

/// Calls `each` with every key that a document has in a field: one, or those of an array.
fn each_key(document: &RawDocument, field: &str, mut each: impl FnMut(Identity)) -> Result<()> {
    let mut next = |value| raw_identity(value).map(&mut each).map_err(Error::other);
    match document.get(field).map_err(mongodb::error::Error::from)? {
        None => Ok(()),
        Some(RawBsonRef::Array(values)) => {
            values.into_iter().try_for_each(|value| next(value.map_err(mongodb::error::Error::from)?))
        }
        Some(value) => next(value),
    }
}
