//! Queries with long lists of ids are sent in pieces, each with a part of the ids. A command has at most 16 MiB, and
//! servers take much longer for one long list than for several short ones.

use std::collections::{HashMap, HashSet, VecDeque};

use mongodb::bson::{Bson, Document, doc};
use mongodb::options::FindOptions;

use crate::bson::{self, Identity, PackedId, compare, identity, sort_by_keys};
use crate::plan::{self, Fields, Keys, View};
use crate::query::{Ids, Query, is_too_long};
use crate::schema::Kinds;
use crate::store::{self, Exec, Find, IdsByModel, Reader, side_by_side, sort_keys};
use crate::{Error, Model, Result, field};

/// Which part of each result is read.
#[derive(Clone, PartialEq)]
enum Projection {
    /// The whole document.
    All,
    /// Some fields.
    Part(Document),
    /// The whole document, which has the sort keys. A write may follow, so it is read from the primary.
    Sorted,
    /// The id alone. A write may follow, so it is read from the primary.
    Id,
    /// The id, and the tag by which a document of an enum is of a kind.
    IdAndKind,
}

impl<M: Model> Query<M> {
    /// The results without relations, each with what is kept of it for these keys.
    pub(crate) async fn rows<V: View<M>>(&self, exec: Exec<'_>, keys: &Keys) -> Result<Vec<(V, V::Kept)>> {
        let projection = match keys.fields::<M, V>() {
            None => Projection::All,
            // several replies are merged by the order
            Some(only) => Projection::Part(only.and(self.sort().keys().map(String::as_str)).projection()),
        };
        self.results(exec, &projection, plan::reader::<M, V>(keys)).await
    }

    /// The ids of the results, for a write that follows. They are compared without a collation, and may contain a null.
    pub(crate) async fn ids(&self, exec: Exec<'_>) -> Result<Vec<Bson>> {
        let mut ids =
            self.results(exec, &Projection::Id, Reader::new(|document| field::value(document, "_id"))).await?;
        if let Some(without) = self.without.as_ref().filter(|ids| is_too_long(ids)) {
            let without: HashSet<Identity> = without.iter().map(identity).collect();
            ids.retain(|id| !without.contains(&identity(id)));
        }
        Ok(ids)
    }

    /// The ids of the results, for a delete that follows.
    pub(crate) async fn packed_ids(self, exec: Exec<'_>) -> Result<IdsByModel> {
        let (query, kinds) = (self.resolve(exec).await?, Kinds::of(M::METADATA));
        let mut ids = if kinds.is_single() {
            vec![(M::METADATA, query.results(exec, &Projection::Id, Reader::new(store::id_of)).await?)]
        } else {
            let reader = Reader::new(move |document| Ok((kinds.of_document(document), store::id_of(document)?)));
            store::by_model(query.results(exec, &Projection::IdAndKind, reader).await?)
        };
        if let Some(without) = query.without.filter(|ids| is_too_long(ids)) {
            let without: HashSet<PackedId> = without.into_iter().map(PackedId::from).collect();
            for (_, ids) in &mut ids {
                ids.retain(|id| !without.contains(id));
            }
        }
        Ok(ids)
    }

    /// What `reader` reads of each result, in the order of the query and within its window.
    async fn results<T: Send + 'static>(
        &self,
        exec: Exec<'_>,
        projection: &Projection,
        reader: Reader<T>,
    ) -> Result<Vec<T>> {
        if let Some(order) = self.arrangement() {
            return self.results_by_ids(exec, projection, &order, reader).await;
        }
        let Some(pieces) = self.pieces()? else {
            return self.run(exec, projection, &reader).await;
        };
        let sort = self.sort();
        if sort.is_empty() {
            let found = side_by_side(pieces.iter().collect(), |piece| piece.run(exec, projection, &reader));
            return Ok(found.await?.into_iter().flatten().collect());
        }
        if is_by_id(&sort) {
            // the pieces are in this order, so the first pieces have the first results
            return self.run_in_sequence(exec, projection, &pieces, &reader).await;
        }
        let order = sort.clone();
        let reader = Reader::new(move |document| Ok((sort_keys(&order, document)?, reader.read(document)?)));
        let projection = match projection {
            Projection::All | Projection::Part(_) => projection,
            _ => &Projection::Sorted,
        };
        let found = side_by_side(pieces.iter().collect(), |piece| piece.run(exec, projection, &reader));
        let mut found: Vec<_> = found.await?.into_iter().flatten().collect();
        sort_by_keys(&sort, &mut found);
        Ok(self.apply_window(found.into_iter().map(|(_, row)| row)))
    }

    /// The results in the order of a list of ids.
    async fn results_by_ids<T: Send + 'static>(
        &self,
        exec: Exec<'_>,
        projection: &Projection,
        order: &[Bson],
        reader: Reader<T>,
    ) -> Result<Vec<T>> {
        let reader = Reader::new(move |document| {
            let id = document.get("_id").map_err(mongodb::error::Error::from)?;
            let id = bson::from_raw(id.unwrap_or(mongodb::bson::RawBsonRef::Null)).map_err(Error::other)?;
            Ok((id, reader.read(document)?))
        });
        let found = match self.pieces()? {
            None => self.run(exec, projection, &reader).await?,
            Some(pieces) if self.is_windowed() => self.run_in_sequence(exec, projection, &pieces, &reader).await?,
            Some(pieces) => {
                let found = side_by_side(pieces.iter().collect(), |piece| piece.run(exec, projection, &reader));
                found.await?.into_iter().flatten().collect()
            }
        };
        let found = found.into_iter().map(|(id, row)| (identity(&id), (id, row)));
        let mut found: HashMap<Identity, (Bson, T)> = found.collect();
        let has_other_ids = |found: &HashMap<Identity, (Bson, T)>| {
            let ids: HashSet<Identity> = order.iter().map(identity).collect();
            found.keys().any(|id| !ids.contains(id))
        };
        if order.iter().any(store::has_text) && has_other_ids(&found) {
            // under the default collation of the collection, several ids are equal
            let mut values = order.to_vec();
            values.extend(found.values().map(|(id, _)| id.clone()));
            for class in store::equal_in(exec, M::METADATA.collection, &values).await? {
                // the list comes first, in its order
                let row = class.iter().find_map(|id| found.remove(&identity(id)));
                found.extend(class.first().map(identity).zip(row));
            }
        }
        // each once, since a window counts them once
        let found = order.iter().filter_map(|id| found.remove(&identity(id))).map(|(_, row)| row);
        Ok(self.apply_window(found))
    }

    /// Runs pieces one after the other, until the window is full.
    async fn run_in_sequence<T: Send + 'static>(
        &self,
        exec: Exec<'_>,
        projection: &Projection,
        pieces: &[Self],
        reader: &Reader<T>,
    ) -> Result<Vec<T>> {
        let (mut found, last) = (Vec::new(), self.last_of_window());
        for piece in pieces {
            found.extend(piece.run(exec, projection, reader).await?);
            if last.is_some_and(|last| found.len() as u64 >= last) {
                break;
            }
        }
        Ok(if self.arrangement().is_some() { found } else { self.apply_window(found.into_iter()) })
    }

    /// The results of one piece: one command.
    async fn run<T: Send + 'static>(
        &self,
        exec: Exec<'_>,
        projection: &Projection,
        reader: &Reader<T>,
    ) -> Result<Vec<T>> {
        let Some((find, mut options)) = self.to_command()? else {
            return Ok(Vec::new());
        };
        match projection {
            Projection::Id => options.projection = Some(doc! { "_id": 1 }),
            Projection::IdAndKind => options.projection = Some(Kinds::of(M::METADATA).projection()),
            Projection::Part(fields) => options.projection = Some(fields.clone()),
            Projection::All | Projection::Sorted => {}
        }
        if !matches!(projection, Projection::All | Projection::Part(_)) {
            options.selection_criteria = store::primary(exec);
        }
        store::read(exec, find, options, reader).await
    }

    /// The number of results. With a limit, pieces are counted one after the other until the window is full.
    pub(crate) async fn total(&self, exec: Exec<'_>) -> Result<u64> {
        if !self.order.computed.is_empty() {
            // the order doesn't matter
            return Box::pin(self.clone().without_computed_order().total(exec)).await;
        }
        let total = match (self.pieces()?, self.last_of_window()) {
            (None, _) => return self.count_one(exec).await,
            (Some(pieces), None) => {
                side_by_side(pieces.iter().collect(), |piece| piece.count_one(exec)).await?.into_iter().sum()
            }
            (Some(pieces), Some(last)) => {
                let mut total = 0_u64;
                for piece in pieces {
                    if total >= last {
                        break;
                    }
                    total += piece.limit(last - total).count_one(exec).await?;
                }
                total
            }
        };
        Ok(self.within_window(total))
    }

    async fn count_one(&self, exec: Exec<'_>) -> Result<u64> {
        let Some((find, _)) = self.to_command()? else {
            return Ok(0);
        };
        let options = self.options.count(&find);
        let total = store::count(exec, find, options).await?;
        Ok(if self.arrangement().is_some() { self.within_window(total) } else { total })
    }

    /// How many of `total` documents are within the window.
    fn within_window(&self, total: u64) -> u64 {
        let left = total.saturating_sub(self.skip.unwrap_or(0));
        self.effective_limit().map_or(left, |limit| left.min(limit))
    }

    /// The number of the last document within the window, counted from 1.
    fn last_of_window(&self) -> Option<u64> {
        self.effective_limit().map(|limit| self.skip.unwrap_or(0).saturating_add(limit))
    }

    /// The command of the query, or `None` if it can't have a result.
    pub(crate) fn to_command(&self) -> Result<Option<(Find, FindOptions)>> {
        let find = self.to_query()?;
        if find.limit == Some(0) {
            return Ok(None);
        }
        let options = self.options.find(&find);
        Ok(Some((find, options)))
    }

    /// Whether all results have to be read before the first is known, because the server can't sort them. The server
    /// sorts the results of a list of ids that fits into one command.
    pub(crate) fn is_sorted_here(&self) -> bool {
        let too_long = || self.ids.as_ref().is_some_and(|ids| is_too_long(&ids.list));
        self.arrangement().is_some() || (!self.sort().is_empty() && too_long())
    }

    /// The commands of a stream, in order.
    pub(crate) fn stream_commands(&self, only: Option<&Fields>) -> Result<VecDeque<(Find, FindOptions)>> {
        let command = |query: &Self| -> Result<Option<(Find, FindOptions)>> {
            let mut command = query.to_command()?;
            if let (Some((_, options)), Some(only)) = (&mut command, only) {
                options.projection = Some(only.projection());
            }
            Ok(command)
        };
        match self.pieces()? {
            Some(pieces) if self.sort().is_empty() => {
                pieces.iter().filter_map(|piece| command(piece).transpose()).collect()
            }
            _ => Ok(command(self)?.into_iter().collect()),
        }
    }

    /// Splits the query into pieces; `None` if one command can have all ids. Each piece has the order of the query, and
    /// a limit that is large enough for the window.
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
        if !sort.is_empty() && (self.options.collation.is_some() || !self.order.computed.is_empty()) {
            if is_too_long(list) {
                let reason =
                    "a query with an order and a collation, or with an order by a number of related documents, \
                              takes at most 8 MiB of ids; remove one of the two"
                        .to_owned();
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
        let whole = self.piece_template(sort, arrangement.is_some());
        let pieces = store::chunks(&list).into_iter().map(|ids| {
            let ids = Ids { list: ids.to_vec(), keep_order: false };
            Self { ids: Some(ids), ..whole.clone() }
        });
        Ok(Some(pieces.collect()))
    }

    /// A piece without its ids: it has the order and the limit that each piece needs.
    fn piece_template(&self, sort: Document, arranged: bool) -> Self {
        let ordered = !sort.is_empty();
        Self {
            ids: None,
            // its filter is part of the query's filter already
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
