//! Queries for long lists of ids run in pieces, with some of the ids each: a command has at most 16 MiB, and servers
//! take much longer for one long list than for several short ones.

use std::collections::{HashMap, HashSet, VecDeque};

use mongodb::bson::{Bson, Document, RawDocument, doc};
use mongodb::options::FindOptions;

use crate::bson::{self, Identity, PackedId, compare, identity};
use crate::query::{Ids, Query, is_too_long};
use crate::store::{self, Exec, Find, side_by_side, sort_keys};
use crate::{Error, Model, Result, field};

/// What is read of the results.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    All,
    /// Enough to sort by, to decide on a write.
    Sorted,
    /// The id alone, to decide on a write.
    Id,
}

impl<M: Model> Query<M> {
    pub(crate) async fn rows(&self, exec: Exec<'_>) -> Result<Vec<M>> {
        self.results(exec, Part::All, store::decode).await
    }

    /// The ids of the results, to decide on a write. They are compared as they are, and a null is one of them.
    pub(crate) async fn ids(&self, exec: Exec<'_>) -> Result<Vec<Bson>> {
        let mut ids = self.results(exec, Part::Id, |document| field::value(document, "_id")).await?;
        if let Some(without) = self.without.as_ref().filter(|ids| is_too_long(ids)) {
            let without: HashSet<Identity> = without.iter().map(identity).collect();
            ids.retain(|id| !without.contains(&identity(id)));
        }
        Ok(ids)
    }

    /// The ids of the results, found to decide on a delete.
    pub(crate) async fn packed_ids(self, exec: Exec<'_>) -> Result<Vec<PackedId>> {
        let query = self.resolved(exec).await?;
        let mut ids = query.results(exec, Part::Id, store::id_of).await?;
        if let Some(without) = query.without.filter(|ids| is_too_long(ids)) {
            let without: HashSet<PackedId> = without.into_iter().map(PackedId::from).collect();
            ids.retain(|id| !without.contains(id));
        }
        Ok(ids)
    }

    /// What `read` makes of each result, in the order of the query and within its window.
    async fn results<T>(&self, exec: Exec<'_>, part: Part, read: impl Fn(&RawDocument) -> Result<T>) -> Result<Vec<T>> {
        if let Some(order) = self.arrangement() {
            return self.arranged_results(exec, part, &order, read).await;
        }
        let Some(pieces) = self.pieces()? else {
            return self.piece(exec, part, &read).await;
        };
        let sort = self.sort();
        if sort.is_empty() {
            let found = side_by_side(pieces.iter().collect(), |piece| piece.piece(exec, part, &read));
            return Ok(found.await?.into_iter().flatten().collect());
        }
        if is_by_id(&sort) {
            // the ids are in this order already, so the first pieces have the first results
            return self.in_turn(exec, part, &pieces, &read).await;
        }
        let read = |document: &RawDocument| Ok((sort_keys(&sort, document)?, read(document)?));
        let part = if part == Part::Id { Part::Sorted } else { part };
        let found = side_by_side(pieces.iter().collect(), |piece| piece.piece(exec, part, &read));
        let mut found: Vec<_> = found.await?.into_iter().flatten().collect();
        found.sort_by(|(a, _), (b, _)| compare(&sort, a, b));
        Ok(self.cut(found.into_iter().map(|(_, row)| row)))
    }

    /// The results in the order of a list of their ids.
    async fn arranged_results<T>(
        &self,
        exec: Exec<'_>,
        part: Part,
        order: &[Bson],
        read: impl Fn(&RawDocument) -> Result<T>,
    ) -> Result<Vec<T>> {
        let read = |document: &RawDocument| {
            let id = document.get("_id").map_err(mongodb::error::Error::from)?;
            let id = bson::from_raw(id.unwrap_or(mongodb::bson::RawBsonRef::Null)).map_err(Error::other)?;
            Ok((id, read(document)?))
        };
        let found = match self.pieces()? {
            None => self.piece(exec, part, &read).await?,
            Some(pieces) if self.is_windowed() => self.in_turn(exec, part, &pieces, &read).await?,
            Some(pieces) => {
                let found = side_by_side(pieces.iter().collect(), |piece| piece.piece(exec, part, &read));
                found.await?.into_iter().flatten().collect()
            }
        };
        let found = found.into_iter().map(|(id, row)| (identity(&id), (id, row)));
        let mut found: HashMap<Identity, (Bson, T)> = found.collect();
        let strange = |found: &HashMap<Identity, (Bson, T)>| {
            let ids: HashSet<Identity> = order.iter().map(identity).collect();
            found.keys().any(|id| !ids.contains(id))
        };
        if order.iter().any(store::has_text) && strange(&found) {
            // the collection takes several ids for equal
            let mut values = order.to_vec();
            values.extend(found.values().map(|(id, _)| id.clone()));
            for class in store::equal_in(exec, M::METADATA.collection, &values).await? {
                // the list comes first, in its order
                let row = class.iter().find_map(|id| found.remove(&identity(id)));
                found.extend(class.first().map(identity).zip(row));
            }
        }
        // each once, as a window counts them
        let found = order.iter().filter_map(|id| found.remove(&identity(id))).map(|(_, row)| row);
        Ok(self.cut(found))
    }

    /// The results of pieces one after the other, until the window is full.
    async fn in_turn<T>(
        &self,
        exec: Exec<'_>,
        part: Part,
        pieces: &[Self],
        read: &impl Fn(&RawDocument) -> Result<T>,
    ) -> Result<Vec<T>> {
        let (mut found, last) = (Vec::new(), self.last_of_window());
        for piece in pieces {
            found.extend(piece.piece(exec, part, read).await?);
            if last.is_some_and(|last| found.len() as u64 >= last) {
                break;
            }
        }
        Ok(if self.arrangement().is_some() { found } else { self.cut(found.into_iter()) })
    }

    /// What one command brings.
    async fn piece<T>(&self, exec: Exec<'_>, part: Part, read: impl Fn(&RawDocument) -> Result<T>) -> Result<Vec<T>> {
        let Some((find, mut options)) = self.request()? else {
            return Ok(Vec::new());
        };
        if part == Part::Id {
            options.projection = Some(doc! { "_id": 1 });
        }
        if part != Part::All {
            options.selection_criteria = store::primary(exec);
        }
        store::find(exec, find, options, read).await
    }

    /// How many results there are. In pieces, those of a window are counted one after the other until it is full.
    pub(crate) async fn total(&self, exec: Exec<'_>) -> Result<u64> {
        let total = match (self.pieces()?, self.last_of_window()) {
            (None, _) => return self.total_of_piece(exec).await,
            (Some(pieces), None) => {
                side_by_side(pieces.iter().collect(), |piece| piece.total_of_piece(exec)).await?.into_iter().sum()
            }
            (Some(pieces), Some(last)) => {
                let mut total = 0_u64;
                for piece in pieces {
                    if total >= last {
                        break;
                    }
                    total += piece.limit(last - total).total_of_piece(exec).await?;
                }
                total
            }
        };
        Ok(self.within_window(total))
    }

    async fn total_of_piece(&self, exec: Exec<'_>) -> Result<u64> {
        let Some((find, _)) = self.request()? else {
            return Ok(0);
        };
        let options = self.count_options(&find);
        let total = store::count(exec, find, options).await?;
        Ok(if self.arrangement().is_some() { self.within_window(total) } else { total })
    }

    /// How many of so many documents the window shows.
    fn within_window(&self, total: u64) -> u64 {
        let left = total.saturating_sub(self.skip.unwrap_or(0));
        self.window_end().map_or(left, |limit| left.min(limit))
    }

    /// The number of the last document that the window shows.
    fn last_of_window(&self) -> Option<u64> {
        self.window_end().map(|limit| self.skip.unwrap_or(0).saturating_add(limit))
    }

    /// What to send, or nothing where there can be no result.
    pub(crate) fn request(&self) -> Result<Option<(Find, FindOptions)>> {
        let find = self.to_query()?;
        if find.limit == Some(0) {
            return Ok(None);
        }
        let options = self.find_options(&find);
        Ok(Some((find, options)))
    }

    /// Whether the results have to be read whole before the first can be shown. A server that is to sort them gets the list
    /// as long as a command can hold it.
    pub(crate) fn is_sorted_here(&self) -> bool {
        let too_long = || self.ids.as_ref().is_some_and(|ids| is_too_long(&ids.list));
        self.arrangement().is_some() || (!self.sort().is_empty() && too_long())
    }

    /// What a stream sends, one after the other.
    pub(crate) fn finds(&self) -> Result<VecDeque<(Find, FindOptions)>> {
        match self.pieces()? {
            Some(pieces) if self.sort().is_empty() => {
                pieces.iter().filter_map(|piece| piece.request().transpose()).collect()
            }
            _ => Ok(self.request()?.into_iter().collect()),
        }
    }

    /// The query in pieces; `None` where one command takes all of its ids. Each has the order of the whole, and of its
    /// window what it may have to show.
    pub(crate) fn pieces(&self) -> Result<Option<Vec<Self>>> {
        let Some(ids) = &self.ids else {
            return Ok(None);
        };
        let arrangement = self.arrangement();
        let list = arrangement.as_deref().unwrap_or(&ids.list);
        if list.len() <= store::KEYS_PER_COMMAND && !is_too_long(list) {
            return Ok(None);
        }
        let sort = if arrangement.is_some() { Document::new() } else { self.sort() };
        if !sort.is_empty() && self.options.collation.is_some() {
            if is_too_long(list) {
                let reason =
                    "an order under a collation takes at most 8 MiB of ids; leave out one of the two".to_owned();
                return Err(Error::Invalid { model: M::METADATA.name, reason, value: false });
            }
            // only the server knows the order
            return Ok(None);
        }
        let mut seen = HashSet::new();
        let mut list: Vec<Bson> = list.iter().filter(|id| seen.insert(identity(id))).cloned().collect();
        drop(seen);
        if is_by_id(&sort) {
            list.sort_by(|a, b| compare(&sort, std::slice::from_ref(a), std::slice::from_ref(b)));
        }
        let whole = self.piece_of_window(sort, arrangement.is_some());
        let pieces = store::chunks(&list).into_iter().map(|ids| {
            let ids = Ids { list: ids.to_vec(), arranged: false };
            Self { ids: Some(ids), ..whole.clone() }
        });
        Ok(Some(pieces.collect()))
    }

    /// The query without its ids, and with the order and the window that a piece has.
    fn piece_of_window(&self, sort: Document, arranged: bool) -> Self {
        let ordered = !sort.is_empty();
        Self {
            ids: None,
            // those of its conditions that count are in its filter
            relation: None,
            order: sort.into(),
            skip: None,
            limit: self.last_of_window().filter(|_| ordered),
            after: self.after.clone().filter(|_| !arranged),
            ..self.clone()
        }
    }
}

fn is_by_id(sort: &Document) -> bool {
    sort.keys().next().is_some_and(|name| name == "_id")
}
