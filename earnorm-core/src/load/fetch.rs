//! Fetches documents by their keys, with one command for every 1,000 keys or part of them, and assigns the results to
//! their parents.

use std::collections::{HashMap, HashSet};

use mongodb::bson::{Bson, Document, RawBsonRef, RawDocument};
use mongodb::options::{AggregateOptions, FindOptions};

use super::group_sizes::Group;
use super::wants::{KeyKind, Places, Wants};
use super::window;
use crate::bson::{self, Identity, compare, raw_identity};
use crate::field::{each_value, raw_value};
use crate::plan::{Fetched, Fields, Found, Indices};
use crate::run::Rendered;
use crate::store::{
    Aggregate, Batches, Chosen, Exec, Reader, chunks, filter, read_chosen, run_aside, side_by_side, sort_keys, visit,
};
use crate::{Error, Find, Model, Result};

/// How documents of a relation are read.
pub(super) struct Reading<'q, T: 'static, X> {
    pub(super) query: Rendered<'q, T>,
    pub(super) reader: Reader<X>,
    /// The fields to send; `None` for all.
    pub(super) only: Option<Fields>,
    /// Whether several parents may share one document, or each gets its own copy.
    pub(super) shared: bool,
}

pub(super) async fn fetch<T: Model, X: Send + 'static>(
    exec: Exec<'_>,
    wants: &mut Wants,
    reading: Reading<'_, T, X>,
) -> Result<Fetched<X>> {
    if wants.keys.is_empty() || reading.query.is_empty() {
        return Ok(Fetched::none(wants.count));
    }
    let reading = Reading { query: reading.query.resolve(exec).await?, ..reading };
    let watched = wants.watch();
    let mut mode = ReadMode::of(wants, &reading);
    let mut found = read(exec, wants, &mode, &reading, watched).await?;
    while watched && wants.settle(exec, T::METADATA.collection).await? {
        mode = ReadMode::of(wants, &reading);
        found = read(exec, wants, &mode, &reading, true).await?;
    }
    let (count, arranged) = wants.without_keys();
    let items = count + found.iter().map(|found| found.owners.len()).sum::<usize>();
    run_aside(items, move || mode.hand_out(found, count, arranged)).await
}

/// Reads the wanted documents. Unless `keep` is set, the memory of the keys is freed as soon as they have been sent.
async fn read<T: Model, X: Send + 'static>(
    exec: Exec<'_>,
    wants: &mut Wants,
    mode: &ReadMode,
    reading: &Reading<'_, T, X>,
    keep: bool,
) -> Result<Vec<Found<X>>> {
    if mode.cut_by_server && wants.kind == KeyKind::Id {
        let pipelines = window::of_pairs(wants, &mode.find);
        let reader = Replies { wants, mode };
        return side_by_side(pipelines, |(collection, pipeline)| reader.numbered(exec, collection, pipeline, reading))
            .await;
    }
    let keys = if keep { wants.keys.clone() } else { wants.take_keys() };
    let chunks = in_pieces(keys);
    let reader = Replies { wants, mode };
    side_by_side(chunks, |keys| reader.run(exec, keys, reading)).await
}

/// Splits the keys into one list for each command, so that each list can be freed when it has been sent.
fn in_pieces(keys: Vec<Bson>) -> Vec<Vec<Bson>> {
    let sizes: Vec<usize> = chunks(&keys).iter().map(|chunk| chunk.len()).collect();
    let mut keys = keys.into_iter();
    sizes.into_iter().map(|size| keys.by_ref().take(size).collect()).collect()
}

/// How the documents of one include are read and assigned to their parents.
#[allow(clippy::struct_excessive_bools, reason = "each is a question of its own")]
struct ReadMode {
    find: Find,
    /// Each parent's own order of keys applies.
    arranged: bool,
    /// The server cuts each parent's window.
    cut_by_server: bool,
    several: bool,
    /// A parent's documents may arrive in several replies, and are merged into one order here.
    merged: bool,
}

impl ReadMode {
    fn of<T, X>(wants: &Wants, reading: &Reading<'_, T, X>) -> Self {
        let Rendered { query, find } = &reading.query;
        let mut find = find.clone();
        let arranged = wants.arranged.is_some() && (wants.cut || !query.is_ordered());
        if arranged {
            find.sort.clear();
        }
        if wants.cut {
            (find.skip, find.limit) = (None, None);
        }
        let several = chunks(&wants.keys).len() > 1;
        // only the server knows the order by a computed key
        let sorted_by_server = wants.kind == KeyKind::Id && several && find.has_computed_keys();
        let cut_by_server = sorted_by_server || window::is_worth_it(wants, &find);
        Self {
            arranged,
            cut_by_server,
            several,
            merged: !cut_by_server && wants.kind == KeyKind::Id && several && !find.sort.is_empty(),
            find,
        }
    }

    /// Sorts the documents of each parent, if that is left.
    fn sort(&self, of: &mut [Indices], ids: &[Option<Identity>], orders: &[Vec<Bson>], arranged: Option<Vec<Places>>) {
        if self.merged {
            for list in of.iter_mut() {
                list.sort_by(|a, b| compare(&self.find.sort, &orders[*a], &orders[*b]));
            }
        }
        if let (true, Some(arranged)) = (self.arranged, arranged) {
            for (list, places) in of.iter_mut().zip(arranged) {
                list.sort_by_key(|index| ids[*index].as_ref().and_then(|id| places.get(id)));
            }
        }
    }

    fn hand_out<X>(&self, found: Vec<Found<X>>, count: usize, arranged: Option<Vec<Places>>) -> Fetched<X> {
        let (mut fetched, ids, orders) = Found::gather(found, count);
        self.sort(&mut fetched.of, &ids, &orders, arranged);
        if self.cut_by_server || (self.find.skip.is_none() && self.find.limit.is_none()) {
            return fetched;
        }
        fetched.cut(self.find.skip.unwrap_or(0), self.find.limit)
    }
}

/// What a command returns.
#[derive(Clone, Copy)]
enum RowsAre<'a> {
    /// The documents, which have the keys of their parents; if a set is given, only keys in it count.
    Documents(Option<&'a HashSet<Identity>>),
    /// Documents with their parents, see [`window`].
    Numbered,
    /// Documents in rows, next to each other for each parent, with the number of its documents.
    Partitions,
    /// Documents in their order, of which those outside the windows are skipped.
    Cut,
}

/// The documents of a command so far, within the windows or not.
#[derive(Default)]
struct Passed {
    number: u64,
    /// The parent of the last partition.
    partition: Option<usize>,
    /// The number of each parent's documents, if they are cut here.
    of_parents: HashMap<usize, u64>,
}

/// Runs the commands and reads their replies.
struct Replies<'a> {
    wants: &'a Wants,
    mode: &'a ReadMode,
}

impl Replies<'_> {
    async fn run<T: Model, X: Send + 'static>(
        &self,
        exec: Exec<'_>,
        keys: Vec<Bson>,
        reading: &Reading<'_, T, X>,
    ) -> Result<Found<X>> {
        if self.mode.cut_by_server && keys.len() > 1 {
            if window::Rows::of(self.wants.kind, &self.mode.find) == window::Rows::Partitions {
                return self.first_of_each(exec, &keys, reading).await;
            }
            let pipeline = window::of_keys(self.wants, &self.mode.find, &keys);
            return self.numbered(exec, Some(self.mode.find.collection), pipeline, reading).await;
        }
        // an array may contain keys of other chunks, whose commands return the document for those
        let here: Option<HashSet<Identity>> =
            (self.mode.several && self.wants.kind == KeyKind::Array).then(|| keys.iter().map(bson::identity).collect());
        let mut find = self.mode.find.clone();
        find.filter = filter(self.wants.field, &keys, &self.mode.find.filter);
        drop(keys);
        // for a single key, the window of the query is the window of its parents
        if !self.mode.cut_by_server {
            (find.skip, find.limit) = (None, None);
        }
        let options = self.options(&find, reading);
        let batches = Batches::open(exec, find, options).await?;
        let (mut found, _) = self.read(batches, reading, RowsAre::Documents(here.as_ref())).await?;
        if self.mode.several {
            // kept until the other replies have arrived
            found.values.shrink_to_fit();
            found.owners.shrink_to_fit();
        }
        Ok(found)
    }

    fn options<T: Model, X>(&self, find: &Find, reading: &Reading<'_, T, X>) -> FindOptions {
        let mut options = reading.query.query.options.find(find);
        if let Some(only) = &reading.only {
            // the key assigns a document to its parents, and the order merges replies
            let order = self.mode.find.sort.keys().filter(|_| self.mode.merged);
            let only = only.and([self.wants.field].into_iter().chain(order.map(String::as_str)));
            options.projection = Some(only.projection());
        }
        options
    }

    /// The documents within short windows of the parents of these keys, which the target holds: cut here if the parents are
    /// known to have few documents, otherwise by the server. If they have many more than before, both commands are sent.
    async fn first_of_each<T: Model, X: Send + 'static>(
        &self,
        exec: Exec<'_>,
        keys: &[Bson],
        reading: &Reading<'_, T, X>,
    ) -> Result<Found<X>> {
        let all = &self.mode.find;
        let group = Group::of(exec, all, self.wants.field);
        if let Some(most) = group.fetched(all, keys.len()) {
            let chosen = filter(self.wants.field, keys, &all.filter);
            let find = Find { filter: chosen, skip: None, limit: Some(most.saturating_add(1)), ..all.clone() };
            let options = self.options(&find, reading);
            let batches = Batches::open(exec, find, options).await?;
            let (found, number) = self.read(batches, reading, RowsAre::Cut).await?;
            if number <= most {
                group.learn(all, keys.len(), number);
                return Ok(found);
            }
            group.forget();
        }
        let mut pipeline = window::of_keys(self.wants, all, keys);
        pipeline.extend(reading.only.as_ref().map(|only| window::projection(self.wants, all, only)));
        let batches = Batches::aggregate(exec, Aggregate::new(all.collection, pipeline)).await?;
        let (found, number) = self.read(batches, reading, RowsAre::Partitions).await?;
        group.learn(all, keys.len(), number);
        Ok(found)
    }

    /// Sends a pipeline that cuts the windows.
    async fn numbered<T: Model, X: Send + 'static>(
        &self,
        exec: Exec<'_>,
        collection: Option<&'static str>,
        mut pipeline: Vec<Document>,
        reading: &Reading<'_, T, X>,
    ) -> Result<Found<X>> {
        if let Some(only) = &reading.only {
            pipeline.push(window::projection(self.wants, &self.mode.find, only));
        }
        let rows = if self.wants.kind == KeyKind::Key { RowsAre::Documents(None) } else { RowsAre::Numbered };
        let aggregate = Aggregate { collection, pipeline, options: AggregateOptions::default(), joined: None };
        Ok(self.read(Batches::aggregate(exec, aggregate).await?, reading, rows).await?.0)
    }

    /// Reads the documents of a command, and assigns them to their parents: once if they share it, otherwise once for each.
    /// Also returns how many documents there are, within the windows or not.
    async fn read<T: Model, X: Send + 'static>(
        &self,
        mut batches: Batches<'_>,
        reading: &Reading<'_, T, X>,
        rows: RowsAre<'_>,
    ) -> Result<(Found<X>, u64)> {
        let (mut found, mut parents, mut passed) = (Found::new(), Vec::new(), Passed::default());
        while let Some(batch) = batches.next().await? {
            let (mut chosen, mut place) = (Chosen::default(), found.values.len());
            visit(&batch, |row| {
                let document = self.assign(row, rows, &mut passed, &mut parents)?;
                let times = if reading.shared { parents.len().min(1) } else { parents.len() };
                if times == 0 {
                    return Ok(());
                }
                chosen.add(&batch, document, times)?;
                if self.mode.arranged {
                    let mut id = None;
                    each_key(document, "_id", |key| id = Some(self.wants.canonical(&key).clone()))?;
                    found.ids.extend(std::iter::repeat_n(id, times));
                }
                if self.mode.merged {
                    found.orders.extend(std::iter::repeat_n(sort_keys(&self.mode.find.sort, document)?, times));
                }
                let places = (place..place + times).chain(std::iter::repeat(place));
                found.owners.extend(parents.iter().copied().zip(places));
                place += times;
                Ok(())
            })
            .await?;
            read_chosen(&batch, chosen, &reading.reader, &mut found.values).await?;
        }
        Ok((found, passed.number))
    }

    /// The document of a row. Its parents are written to a list: none if it is outside their window.
    fn assign<'d>(
        &self,
        row: &'d RawDocument,
        rows: RowsAre<'_>,
        passed: &mut Passed,
        parents: &mut Vec<usize>,
    ) -> Result<&'d RawDocument> {
        match rows {
            RowsAre::Documents(here) => self.parents(row, here, parents)?,
            RowsAre::Numbered => return window::read(self.wants, row, parents),
            RowsAre::Partitions => {
                let (document, number) = window::of_partition(row)?;
                self.parents(document, None, parents)?;
                // the rows of a partition are next to each other
                if passed.partition != parents.first().copied() {
                    passed.partition = parents.first().copied();
                    passed.number += number;
                }
                return Ok(document);
            }
            RowsAre::Cut => {
                passed.number += 1;
                self.parents(row, None, parents)?;
                // an array isn't a single key
                if matches!(raw_value(row, self.wants.field)?, RawBsonRef::Array(_)) {
                    parents.clear();
                }
                if let Some(parent) = parents.first() {
                    let before = passed.of_parents.entry(*parent).or_insert(0);
                    let skip = self.mode.find.skip.unwrap_or(0);
                    let is_shown = self.mode.find.limit.is_none_or(|limit| *before < skip.saturating_add(limit));
                    if *before < skip || !is_shown {
                        parents.clear();
                    }
                    *before += 1;
                }
            }
        }
        Ok(row)
    }

    /// Writes the parents of a document to a list, which is reused for the next document.
    fn parents(
        &self,
        document: &RawDocument,
        here: Option<&HashSet<Identity>>,
        parents: &mut Vec<usize>,
    ) -> Result<()> {
        parents.clear();
        self.wants.notice(document, self.wants.field)?;
        each_key(document, self.wants.field, |key| {
            let key = self.wants.canonical(&key);
            if here.is_none_or(|here| here.contains(key)) {
                parents.extend_from_slice(self.wants.parents(key));
            }
        })?;
        if self.wants.kind == KeyKind::Array {
            parents.sort_unstable();
            parents.dedup();
        }
        Ok(())
    }
}

/// Calls `each` with every key in a field of a document: the single one, or each element of an array.
pub(super) fn each_key(document: &RawDocument, field: &str, mut each: impl FnMut(Identity)) -> Result<()> {
    let mut next = |value| raw_identity(value).map(&mut each).map_err(Error::other);
    each_value(document, field, &mut |value| match value {
        RawBsonRef::Array(values) => {
            values.into_iter().try_for_each(|value| next(value.map_err(mongodb::error::Error::from)?))
        }
        value => next(value),
    })
}
