//! The closure of a delete: all documents that it affects, found by their ids before anything is written.
//!
//! The search goes level by level from the roots, with one query for each relation and each 1,000 ids of a level. It
//! visits each document once, so it ends for cycles, self-references and diamonds.

use std::collections::HashSet;

use indexmap::IndexSet;
use indexmap::set::Slice;
use mongodb::bson::{Bson, RawDocument};
use mongodb::options::FindOptions;

use super::node::{IdRange, Leaf, Node};
use super::scope::Scope;
use super::tally::Tally;
use crate::bson::{Identity, PackedId, identity};
use crate::error::{Blockers, SAMPLE};
use crate::reference::{Edge, Effect};
use crate::schema::{Documents, ModelMetadata};
use crate::store::{self, Exec, IdsByModel, KEY_BYTES, KEYS_PER_COMMAND, side_by_side};
use crate::{Find, Result};

#[derive(Debug, Clone, Default)]
pub(super) struct Closure {
    pub(super) nodes: Vec<Node>,
    pub(super) ranges: Vec<IdRange>,
    pub(super) leaves: Vec<Leaf>,
    pub(super) blockers: Vec<Blockers>,
}

/// How much a search counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CountMode {
    /// Only what has to be known before the first write.
    Needed,
    /// Every affected document.
    All,
}

impl Closure {
    /// The numbers of the closure, as far as it was counted.
    pub(super) fn tally(&self) -> Tally {
        let mut tally = Tally::default();
        for range in &self.ranges {
            tally.add(self.nodes[range.node].model, range.via, range.ids.len() as u64);
        }
        for leaf in &self.leaves {
            let affected = tally.of(leaf.edge.holder);
            let count = leaf.count.unwrap_or(0);
            *leaf.counter(affected) += count;
        }
        tally
    }

    /// Finds everything that a delete of these existing documents of the root model affects.
    pub(super) async fn find(exec: Exec<'_>, scope: &Scope, ids: IdsByModel, count: CountMode) -> Result<Self> {
        let mut closure = Self::default();
        closure.add_unvisited(scope.root(), [], None);
        let roots = ids.into_iter().filter_map(|(model, ids)| closure.add_unvisited(model, ids, None));
        let mut level: Vec<IdRange> = roots.collect();
        while !level.is_empty() {
            let mut next = Vec::new();
            for range in &level {
                let parent = closure.nodes[range.node].model;
                let edges = scope.edges_to(parent);
                for edge in edges.filter(|edge| edge.effect() == Effect::Delete && !scope.is_leaf(edge)) {
                    let found = closure.holders(exec, edge, scope.seen(edge.holder), range).await?;
                    for (model, ids) in found.into_iter().flatten() {
                        if scope.is_soft() && model.config.soft_delete.is_none() {
                            closure.add_lost(edge, model, &ids);
                            continue;
                        }
                        next.extend(closure.add_unvisited(model, ids, Some(edge)));
                    }
                }
            }
            closure.ranges.append(&mut level);
            level = next;
        }
        closure.find_leaves_and_blockers(exec, scope, count).await?;
        Ok(closure)
    }

    /// The stored ids of a range.
    pub(super) fn ids(&self, range: &IdRange) -> Vec<Bson> {
        self.packed(range).iter().map(PackedId::to_bson).collect()
    }

    /// The values by which holders refer to the documents of a range.
    pub(super) fn keys(&self, edge: &Edge, range: &IdRange) -> Vec<Bson> {
        edge.keys(self.ids(range))
    }

    fn packed(&self, range: &IdRange) -> &Slice<PackedId> {
        // `add_unvisited` and `chunks` create only ranges within the list
        self.nodes[range.node].ids.get_range(range.ids.clone()).unwrap_or_else(|| Slice::new())
    }

    /// The range of all documents of a node.
    pub(super) fn all_of(&self, node: usize) -> IdRange {
        IdRange { node, ids: 0..self.nodes[node].ids.len(), via: None }
    }

    /// Splits a range into parts of at most `most` ids, each small enough for one command.
    pub(super) fn chunks(&self, range: &IdRange, most: usize) -> Vec<IdRange> {
        let (mut chunks, mut bytes) = (Vec::new(), 0);
        let mut start = range.ids.start;
        for (place, id) in range.ids.clone().zip(self.packed(range)) {
            let size = id.size();
            if place > start && (place - start == most || bytes + size > KEY_BYTES) {
                chunks.push(IdRange { ids: start..place, ..range.clone() });
                (start, bytes) = (place, 0);
            }
            bytes += size;
        }
        if start < range.ids.end {
            chunks.push(IdRange { ids: start..range.ids.end, ..range.clone() });
        }
        chunks
    }

    /// Adds the documents that weren't visited yet. Returns their range, or `None` if there are none.
    fn add_unvisited(
        &mut self,
        model: &'static ModelMetadata,
        ids: impl IntoIterator<Item = PackedId>,
        via: Option<&'static Edge>,
    ) -> Option<IdRange> {
        let node = self.nodes.iter().position(|node| node.model.documents() == model.documents());
        let node = node.unwrap_or_else(|| {
            self.nodes.push(Node { model, ids: IndexSet::new() });
            self.nodes.len() - 1
        });
        let all = &mut self.nodes[node].ids;
        let start = all.len();
        all.extend(ids);
        (all.len() > start).then_some(IdRange { node, ids: start..all.len(), via })
    }

    /// Adds documents that a soft delete can't delete, because they couldn't be restored.
    fn add_lost(&mut self, edge: &Edge, model: &'static ModelMetadata, ids: &[PackedId]) {
        if ids.is_empty() {
            return;
        }
        let mut lost = Blockers::lost(model.name, model.noun(), edge.key, edge.by);
        let known = |other: &&mut Blockers| other.is_lost() && (other.model, &other.rule) == (lost.model, &lost.rule);
        let sample = ids.iter().take(SAMPLE).map(PackedId::to_bson).collect();
        if let Some(known) = self.blockers.iter_mut().find(known) {
            known.add(ids.len() as u64, sample);
        } else {
            lost.add(ids.len() as u64, sample);
            self.blockers.push(lost);
        }
    }

    /// Finds the references to the documents of the closure that don't extend it: leaves and blockers.
    async fn find_leaves_and_blockers(&mut self, exec: Exec<'_>, scope: &Scope, count: CountMode) -> Result<()> {
        for node in 0..self.nodes.len() {
            for edge in scope.edges_to(self.nodes[node].model) {
                let (all, seen) = (self.all_of(node), scope.seen(edge.holder));
                let count = match edge.effect() {
                    Effect::Delete if !scope.is_leaf(edge) => continue,
                    Effect::Delete if count == CountMode::Needed => None,
                    Effect::Delete => Some(self.total(exec, edge, seen, &all).await?),
                    Effect::Update => Some(self.references(exec, edge, seen, &all).await?),
                    Effect::Block => {
                        let blockers = self.blockers(exec, edge, &all).await?;
                        self.blockers.extend(blockers);
                        continue;
                    }
                    Effect::Nothing => continue,
                };
                if count != Some(0) {
                    self.leaves.push(Leaf { edge, node, count });
                }
            }
        }
        Ok(())
    }

    /// The nodes with documents that may hold the key of `edge`.
    fn nodes_of_holder(&self, edge: &Edge) -> Vec<&Node> {
        let holder = edge.holder.documents();
        self.nodes.iter().filter(|node| node.model.documents().overlaps(holder)).collect()
    }

    /// Counts the references by this key that are removed: those of documents that the delete keeps.
    async fn references(&self, exec: Exec<'_>, edge: &Edge, seen: Documents, parents: &IdRange) -> Result<u64> {
        let nodes = &self.nodes_of_holder(edge);
        if edge.is_single() && nodes.is_empty() {
            return self.total(exec, edge, seen, parents).await;
        }
        let counts = side_by_side(self.chunks(parents, KEYS_PER_COMMAND), |chunk| {
            let keys = self.keys(edge, &chunk);
            let options = FindOptions::builder().projection(edge.projection()).build();
            let find = Find::new(seen, edge.holders_of(&keys));
            let wanted: HashSet<Identity> = keys.iter().map(identity).collect();
            async move {
                store::find_on_primary(exec, find, options, |document| {
                    if nodes.iter().any(|node| is_in(node, document)) {
                        return Ok(0);
                    }
                    edge.count_in(document, &wanted)
                })
                .await
            }
        });
        Ok(counts.await?.into_iter().flatten().sum())
    }

    /// Finds the documents that block the delete and aren't deleted themselves: neither by this delete nor before.
    async fn blockers(&self, exec: Exec<'_>, edge: &'static Edge, parents: &IdRange) -> Result<Option<Blockers>> {
        let sample = |ids: Vec<PackedId>| ids.iter().take(SAMPLE).map(PackedId::to_bson).collect();
        let nodes = self.nodes_of_holder(edge);
        let found: Vec<(u64, Vec<Bson>)> = if nodes.is_empty() {
            side_by_side(self.chunks(parents, KEYS_PER_COMMAND), |chunk| async move {
                let holders = edge.holders_of(&self.keys(edge, &chunk));
                let mut find = Find::new(edge.holder, holders.clone());
                find.limit = Some(SAMPLE as u64 + 1);
                let ids = store::ids(exec, find).await?;
                let mut count = ids.len() as u64;
                if ids.len() > SAMPLE {
                    count = store::count_on_primary(exec, edge.holder, holders).await?;
                }
                Ok((count, sample(ids)))
            })
            .await?
        } else {
            let live = edge.holder.documents();
            let found = self.holders(exec, edge, live, parents).await?.into_iter().flatten().flat_map(|(_, ids)| ids);
            let remaining: Vec<PackedId> = found.filter(|id| !nodes.iter().any(|node| node.ids.contains(id))).collect();
            vec![(remaining.len() as u64, sample(remaining))]
        };
        let mut blockers = Blockers::new(edge.holder.name, edge.holder.noun(), edge.key, edge.by);
        for (count, ids) in found {
            blockers.add(count, ids);
        }
        Ok((!blockers.is_empty()).then_some(blockers))
    }

    /// The ids of the documents that refer to any of these parents by a key: one list for each command.
    async fn holders(
        &self,
        exec: Exec<'_>,
        edge: &Edge,
        seen: Documents,
        parents: &IdRange,
    ) -> Result<Vec<IdsByModel>> {
        side_by_side(self.chunks(parents, KEYS_PER_COMMAND), |chunk| {
            let find = Find::new(seen, edge.holders_of(&self.keys(edge, &chunk)));
            store::ids_by_model(exec, edge.holder, find)
        })
        .await
    }

    /// Counts the documents that refer to any of these parents by a key with a single value.
    async fn total(&self, exec: Exec<'_>, edge: &Edge, seen: Documents, parents: &IdRange) -> Result<u64> {
        let counts = side_by_side(self.chunks(parents, KEYS_PER_COMMAND), |chunk| {
            store::count_on_primary(exec, seen, edge.holders_of(&self.keys(edge, &chunk)))
        });
        Ok(counts.await?.into_iter().sum())
    }

    /// The number of documents that will be written, as far as they were counted.
    pub(super) fn size(&self) -> u64 {
        let ids: usize = self.nodes.iter().map(|node| node.ids.len()).sum();
        self.leaves.iter().filter_map(|leaf| leaf.count).sum::<u64>() + ids as u64
    }

    /// Whether another closure with the same roots has the same documents and the same counts.
    pub(super) fn same_as(&self, other: &Self) -> bool {
        let nodes = |mine: &Node, other: &Node| {
            mine.model.documents() == other.model.documents()
                && mine.ids.len() == other.ids.len()
                && other.ids.iter().all(|id| mine.ids.contains(id))
        };
        let leaves = |mine: &Leaf, other: &Leaf| std::ptr::eq(mine.edge, other.edge) && mine.count == other.count;
        self.nodes.len() == other.nodes.len()
            && self.nodes.iter().all(|mine| other.nodes.iter().any(|other| nodes(mine, other)))
            && self.leaves.len() == other.leaves.len()
            && self.leaves.iter().all(|mine| other.leaves.iter().any(|other| leaves(mine, other)))
    }
}

fn is_in(node: &Node, document: &RawDocument) -> bool {
    store::id_of(document).is_ok_and(|id| node.ids.contains(&id))
}
