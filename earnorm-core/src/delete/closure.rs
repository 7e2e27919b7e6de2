//! What a delete reaches: found whole, by ids, before anything is written.
//!
//! Level by level from the roots, one query for every started 1,000 ids of a relation and level. Each document is visited
//! once, which ends cycles, self-references and diamonds.

use std::collections::HashSet;
use std::ops::Range;

use indexmap::IndexSet;
use indexmap::set::Slice;
use mongodb::bson::{Bson, RawBsonRef, RawDocument, doc};
use mongodb::options::FindOptions;

use super::tally::{Affected, Tally};
use crate::bson::PackedId;
use crate::bson::{self, Identity, identity};
use crate::error::{Blockers, SAMPLE};
use crate::hooks::hooks_of;
use crate::reference::{Action, Edge, edges_to};
use crate::schema::ModelMetadata;
use crate::schema::same_model;
use crate::store::{self, Exec, KEY_BYTES, KEYS_PER_COMMAND, side_by_side};
use crate::{Error, Find, Result};

/// The documents of one model that are to be deleted, in the order in which they were found.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) model: &'static ModelMetadata,
    ids: IndexSet<PackedId>,
}

impl Node {
    pub(super) fn ids(&self) -> &IndexSet<PackedId> {
        &self.ids
    }
}

/// Documents that were found together, or a part of them: the roots, or what refers to the documents of one level by one
/// key.
#[derive(Debug, Clone)]
pub(super) struct Batch {
    pub(super) node: usize,
    pub(super) ids: Range<usize>,
    pub(super) via: Option<&'static Edge>,
}

/// Documents that refer to those of a node and need no ids of their own: their keys are emptied, or nothing depends on
/// them in turn, so that they are deleted by their key.
#[derive(Debug, Clone)]
pub(super) struct Leaf {
    pub(super) edge: &'static Edge,
    pub(super) node: usize,
    /// How many there are. Of those that are deleted by key it is left to the delete to count, where nobody asks before.
    pub(super) count: Option<u64>,
}

impl Leaf {
    /// Which of the numbers it adds to.
    pub(super) fn counter<'a>(&self, affected: &'a mut Affected) -> &'a mut u64 {
        match self.edge.action {
            _ if self.edge.links => &mut affected.links,
            Action::Delete => &mut affected.deleted,
            _ => &mut affected.unlinked,
        }
    }
}

#[derive(Debug, Clone, Default)]
pub(super) struct Closure {
    pub(super) nodes: Vec<Node>,
    pub(super) batches: Vec<Batch>,
    pub(super) leaves: Vec<Leaf>,
    pub(super) blockers: Vec<Blockers>,
}

/// What is to be found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Count {
    /// As much as has to be known before the first write.
    Needed,
    /// The number of everything.
    All,
}

impl Closure {
    /// What a closure comes to, as far as it was counted.
    pub(super) fn tally(&self) -> Tally {
        let mut tally = Tally::default();
        for batch in &self.batches {
            tally.add(self.nodes[batch.node].model, batch.via, batch.ids.len() as u64);
        }
        for leaf in &self.leaves {
            let affected = tally.of(leaf.edge.holder);
            let count = leaf.count.unwrap_or(0);
            *leaf.counter(affected) += count;
        }
        tally
    }

    /// What goes with these documents of `root`, which are there.
    pub(super) async fn find(exec: Exec<'_>, reach: &Reach, ids: Vec<PackedId>, count: Count) -> Result<Self> {
        let mut closure = Self::default();
        let mut level: Vec<Batch> = closure.admit(reach.root(), ids, None).into_iter().collect();
        while !level.is_empty() {
            let mut next = Vec::new();
            for batch in &level {
                let parent = closure.nodes[batch.node].model;
                for edge in edges_to(parent).filter(|edge| edge.action == Action::Delete && !reach.is_leaf(edge)) {
                    let found = closure.holders(exec, edge, batch).await?;
                    next.extend(closure.admit(edge.holder, found.into_iter().flatten(), Some(edge)));
                }
            }
            closure.batches.append(&mut level);
            level = next;
        }
        closure.look_aside(exec, reach, count).await?;
        Ok(closure)
    }

    /// The stored ids of the documents of a batch.
    pub(super) fn ids(&self, batch: &Batch) -> Vec<Bson> {
        self.packed(batch).iter().map(PackedId::to_bson).collect()
    }

    /// What the holders of these documents have under a key.
    pub(super) fn keys(&self, edge: &Edge, batch: &Batch) -> Vec<Bson> {
        edge.keys(self.ids(batch))
    }

    fn packed(&self, batch: &Batch) -> &Slice<PackedId> {
        // the ranges of batches are made below, of what is in the list
        self.nodes[batch.node].ids.get_range(batch.ids.clone()).unwrap_or_else(|| Slice::new())
    }

    /// All documents of a node.
    pub(super) fn whole(&self, node: usize) -> Batch {
        Batch { node, ids: 0..self.nodes[node].ids.len(), via: None }
    }

    /// The parts of a batch whose ids go into one command.
    pub(super) fn chunks(&self, batch: &Batch, most: usize) -> Vec<Batch> {
        let (mut chunks, mut bytes) = (Vec::new(), 0);
        let mut start = batch.ids.start;
        for (place, id) in batch.ids.clone().zip(self.packed(batch)) {
            let size = id.size();
            if place > start && (place - start == most || bytes + size > KEY_BYTES) {
                chunks.push(Batch { ids: start..place, ..batch.clone() });
                (start, bytes) = (place, 0);
            }
            bytes += size;
        }
        if start < batch.ids.end {
            chunks.push(Batch { ids: start..batch.ids.end, ..batch.clone() });
        }
        chunks
    }

    /// Adds the documents that weren't visited yet.
    fn admit(
        &mut self,
        model: &'static ModelMetadata,
        ids: impl IntoIterator<Item = PackedId>,
        via: Option<&'static Edge>,
    ) -> Option<Batch> {
        let node = self.nodes.iter().position(|node| node.model.collection == model.collection);
        let node = node.unwrap_or_else(|| {
            self.nodes.push(Node { model, ids: IndexSet::new() });
            self.nodes.len() - 1
        });
        let all = &mut self.nodes[node].ids;
        let start = all.len();
        all.extend(ids);
        (all.len() > start).then_some(Batch { node, ids: start..all.len(), via })
    }

    /// What refers to the documents of the closure otherwise than by being deleted with them.
    async fn look_aside(&mut self, exec: Exec<'_>, reach: &Reach, count: Count) -> Result<()> {
        for node in 0..self.nodes.len() {
            for edge in edges_to(self.nodes[node].model) {
                let all = self.whole(node);
                let count = match edge.action {
                    Action::Delete if !reach.is_leaf(edge) => continue,
                    Action::Delete if count == Count::Needed => None,
                    Action::Delete => Some(self.total(exec, edge, &all).await?),
                    Action::Empty | Action::Pull => Some(self.references(exec, edge, &all).await?),
                    Action::Forbid => {
                        let blockers = self.blockers(exec, edge, &all).await?;
                        self.blockers.extend(blockers);
                        continue;
                    }
                    Action::Nothing => continue,
                };
                if count != Some(0) {
                    self.leaves.push(Leaf { edge, node, count });
                }
            }
        }
        Ok(())
    }

    /// The node whose documents `edge` may have among its holders.
    fn holders_here(&self, edge: &Edge) -> Option<&Node> {
        self.nodes.iter().find(|node| node.model.collection == edge.holder.collection)
    }

    /// How many references by this key are to be taken away: those of documents that stay.
    async fn references(&self, exec: Exec<'_>, edge: &Edge, parents: &Batch) -> Result<u64> {
        let here = self.holders_here(edge);
        if edge.action == Action::Empty && here.is_none() {
            return self.total(exec, edge, parents).await;
        }
        let counts = side_by_side(self.chunks(parents, KEYS_PER_COMMAND), |chunk| {
            let keys = self.keys(edge, &chunk);
            let projection = if edge.action == Action::Pull {
                doc! { edge.key: 1 }
            } else {
                doc! { "_id": 1 }
            };
            let options = FindOptions::builder().projection(projection).build();
            let find = Find::new(edge.holder.collection, edge.holders_of(&keys));
            let wanted: HashSet<Identity> = keys.iter().map(identity).collect();
            async move {
                store::find_on_primary(exec, find, options, |document| {
                    if here.is_some_and(|node| is_in(node, document)) {
                        return Ok(0);
                    }
                    if edge.action == Action::Pull { elements(document, edge.key, &wanted) } else { Ok(1) }
                })
                .await
            }
        });
        Ok(counts.await?.into_iter().flatten().sum())
    }

    /// The documents that forbid the delete, unless they are deleted themselves.
    async fn blockers(&self, exec: Exec<'_>, edge: &'static Edge, parents: &Batch) -> Result<Option<Blockers>> {
        let sample = |ids: Vec<PackedId>| ids.iter().take(SAMPLE).map(PackedId::to_bson).collect();
        let found: Vec<(u64, Vec<Bson>)> = if let Some(node) = self.holders_here(edge) {
            let found = self.holders(exec, edge, parents).await?.into_iter().flatten();
            let staying: Vec<PackedId> = found.filter(|id| !node.ids.contains(id)).collect();
            vec![(staying.len() as u64, sample(staying))]
        } else {
            side_by_side(self.chunks(parents, KEYS_PER_COMMAND), |chunk| async move {
                let holders = edge.holders_of(&self.keys(edge, &chunk));
                let mut find = Find::new(edge.holder.collection, holders.clone());
                find.limit = Some(SAMPLE as u64 + 1);
                let ids = store::ids(exec, find).await?;
                let mut count = ids.len() as u64;
                if ids.len() > SAMPLE {
                    count = store::count_on_primary(exec, edge.holder.collection, holders).await?;
                }
                Ok((count, sample(ids)))
            })
            .await?
        };
        let mut blockers = Blockers::new(edge.holder.name, edge.holder.noun(), edge.key, edge.by);
        for (count, ids) in found {
            blockers.add(count, ids);
        }
        Ok((!blockers.is_empty()).then_some(blockers))
    }

    /// The ids of the documents that refer to any of these by a key, as they came.
    async fn holders(&self, exec: Exec<'_>, edge: &Edge, parents: &Batch) -> Result<Vec<Vec<PackedId>>> {
        side_by_side(self.chunks(parents, KEYS_PER_COMMAND), |chunk| {
            store::ids(exec, Find::new(edge.holder.collection, edge.holders_of(&self.keys(edge, &chunk))))
        })
        .await
    }

    /// How many documents refer to any of these by a key that holds one.
    async fn total(&self, exec: Exec<'_>, edge: &Edge, parents: &Batch) -> Result<u64> {
        let counts = side_by_side(self.chunks(parents, KEYS_PER_COMMAND), |chunk| {
            store::count_on_primary(exec, edge.holder.collection, edge.holders_of(&self.keys(edge, &chunk)))
        });
        Ok(counts.await?.into_iter().sum())
    }

    /// How many documents are known to be written.
    pub(super) fn size(&self) -> u64 {
        let ids: usize = self.nodes.iter().map(|node| node.ids.len()).sum();
        self.leaves.iter().filter_map(|leaf| leaf.count).sum::<u64>() + ids as u64
    }

    /// Whether another closure, found from the same roots, comes to the same.
    pub(super) fn same_as(&self, other: &Self) -> bool {
        let nodes = |mine: &Node, other: &Node| {
            mine.model.collection == other.model.collection
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

/// What is known of a delete from the tables alone.
#[derive(Debug, Clone)]
pub(super) struct Reach {
    root: &'static ModelMetadata,
    /// The keys whose holders are deleted by them and by nothing else, with nothing that depends on them, and no hook to
    /// see them: their ids needn't be known.
    leaves: Vec<&'static Edge>,
}

impl Reach {
    /// Fails where two rules contradict each other, before anything is asked.
    pub(super) fn of(root: &'static ModelMetadata) -> Result<Self> {
        let mut models = vec![root];
        let mut next = 0;
        while let Some(model) = models.get(next).copied() {
            next += 1;
            for edge in edges_to(model) {
                let goes_on = edge.without_conflict()?.action == Action::Delete;
                if goes_on && !models.iter().any(|model| model.collection == edge.holder.collection) {
                    models.push(edge.holder);
                }
            }
        }
        // once for a delete, and not for each of its levels
        let edges: Vec<&'static Edge> = models.iter().flat_map(|model| edges_to(model)).collect();
        let is_leaf = |edge: &&'static Edge| {
            edges.iter().filter(|other| same_model(other.holder, edge.holder)).count() == 1
                && root.collection != edge.holder.collection
                && edges_to(edge.holder).next().is_none()
                && hooks_of(edge.holder).is_none()
        };
        let leaves = edges.iter().copied().filter(is_leaf).collect();
        Ok(Self { root, leaves })
    }

    pub(super) fn root(&self) -> &'static ModelMetadata {
        self.root
    }

    fn is_leaf(&self, edge: &Edge) -> bool {
        self.leaves.iter().any(|leaf| std::ptr::eq(*leaf, edge))
    }
}

fn is_in(node: &Node, document: &RawDocument) -> bool {
    store::id_of(document).is_ok_and(|id| node.ids.contains(&id))
}

/// How many elements of an array are among these.
fn elements(document: &RawDocument, key: &str, wanted: &HashSet<Identity>) -> Result<u64> {
    let Some(RawBsonRef::Array(array)) = document.get(key).map_err(mongodb::error::Error::from)? else {
        return Ok(0);
    };
    let mut count = 0;
    for element in array {
        let element = element.map_err(mongodb::error::Error::from)?;
        count += u64::from(wanted.contains(&bson::raw_identity(element).map_err(Error::other)?));
    }
    // the server has found it by one at least, perhaps under a collation of the collection's own
    Ok(count.max(1))
}
