//! What a delete reaches: found whole, by ids, before anything is written.
//!
//! Level by level from the roots, one query for every started 1,000 ids of a relation and level. Each document is visited
//! once, which ends cycles, self-references and diamonds.

use std::collections::HashSet;
use std::ops::Range;

use mongodb::bson::{Bson, RawBsonRef, RawDocument, doc};
use mongodb::options::FindOptions;

use super::blockers::{Blockers, SAMPLE};
use super::rules::{Action, Edge, edges_to, same_model};
use super::tally::Affected;
use crate::encoding::{self, Identity, identity, raw_identity};
use crate::hooks::hooks_of;
use crate::schema::ModelMetadata;
use crate::store::{self, Exec, chunks, side_by_side};
use crate::{Error, Find, Result};

/// The documents of one model that are to be deleted, in the order in which they were found.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) model: &'static ModelMetadata,
    pub(super) ids: Vec<Bson>,
    seen: HashSet<Identity>,
}

/// Documents that were found together: the roots, or what refers to the documents of one level by one key.
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
    /// What goes with these documents of `root`, which are there.
    pub(super) async fn find(exec: Exec<'_>, reach: &Reach, ids: Vec<Bson>, count: Count) -> Result<Self> {
        let mut closure = Self::default();
        let mut level: Vec<Batch> = closure.admit(reach.root(), ids, None).into_iter().collect();
        while !level.is_empty() {
            let mut next = Vec::new();
            for batch in &level {
                let parent = closure.nodes[batch.node].model;
                for edge in edges_to(parent).filter(|edge| edge.action == Action::Delete && !reach.is_leaf(edge)) {
                    let keys = edge.keys(closure.ids(batch));
                    let found = holders(exec, edge, &keys).await?;
                    next.extend(closure.admit(edge.holder, found, Some(edge)));
                }
            }
            closure.batches.append(&mut level);
            level = next;
        }
        closure.look_aside(exec, reach, count).await?;
        Ok(closure)
    }

    pub(super) fn ids(&self, batch: &Batch) -> &[Bson] {
        &self.nodes[batch.node].ids[batch.ids.clone()]
    }

    /// Adds the documents that weren't visited yet.
    fn admit(&mut self, model: &'static ModelMetadata, ids: Vec<Bson>, via: Option<&'static Edge>) -> Option<Batch> {
        let node = self.nodes.iter().position(|node| node.model.collection == model.collection);
        let node = node.unwrap_or_else(|| {
            self.nodes.push(Node { model, ids: Vec::new(), seen: HashSet::new() });
            self.nodes.len() - 1
        });
        let Node { ids: all, seen, .. } = &mut self.nodes[node];
        let start = all.len();
        all.extend(ids.into_iter().filter(|id| seen.insert(identity(id))));
        (all.len() > start).then_some(Batch { node, ids: start..all.len(), via })
    }

    /// What refers to the documents of the closure otherwise than by being deleted with them.
    async fn look_aside(&mut self, exec: Exec<'_>, reach: &Reach, count: Count) -> Result<()> {
        for node in 0..self.nodes.len() {
            for edge in edges_to(self.nodes[node].model) {
                let keys = || edge.keys(&self.nodes[node].ids);
                let count = match edge.action {
                    Action::Delete if !reach.is_leaf(edge) => continue,
                    Action::Delete if count == Count::Needed => None,
                    Action::Delete => Some(total(exec, edge, &keys()).await?),
                    Action::Empty | Action::Pull => Some(self.references(exec, edge, &keys()).await?),
                    Action::Forbid => {
                        let blockers = self.blockers(exec, edge, &keys()).await?;
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
    async fn references(&self, exec: Exec<'_>, edge: &Edge, keys: &[Bson]) -> Result<u64> {
        let here = self.holders_here(edge);
        if edge.action == Action::Empty && here.is_none() {
            return total(exec, edge, keys).await;
        }
        let wanted: HashSet<Identity> = keys.iter().map(identity).collect();
        let counts = side_by_side(chunks(keys), |keys| {
            let projection = if edge.action == Action::Pull {
                doc! { edge.key: 1 }
            } else {
                doc! { "_id": 1 }
            };
            let options = FindOptions::builder().projection(projection).build();
            let find = Find::new(edge.holder.collection, edge.holders_of(keys));
            let chunk: Option<HashSet<Identity>> =
                (keys.len() < wanted.len()).then(|| keys.iter().map(identity).collect());
            let wanted = &wanted;
            async move {
                store::find_on_primary(exec, find, options, |document| {
                    if here.is_some_and(|node| is_in(node, document)) {
                        return Ok(0);
                    }
                    let wanted = chunk.as_ref().unwrap_or(wanted);
                    if edge.action == Action::Pull { elements(document, edge.key, wanted) } else { Ok(1) }
                })
                .await
            }
        });
        Ok(counts.await?.into_iter().flatten().sum())
    }

    /// The documents that forbid the delete, unless they are deleted themselves.
    async fn blockers(&self, exec: Exec<'_>, edge: &'static Edge, keys: &[Bson]) -> Result<Option<Blockers>> {
        let found: Vec<(u64, Vec<Bson>)> = if let Some(node) = self.holders_here(edge) {
            let found = holders(exec, edge, keys).await?;
            let mut staying: Vec<Bson> = found.into_iter().filter(|id| !node.seen.contains(&identity(id))).collect();
            let count = staying.len() as u64;
            staying.truncate(SAMPLE);
            vec![(count, staying)]
        } else {
            side_by_side(chunks(keys), |keys| async move {
                let mut find = Find::new(edge.holder.collection, edge.holders_of(keys));
                find.limit = Some(SAMPLE as u64 + 1);
                let mut ids = store::ids(exec, find).await?;
                let mut count = ids.len() as u64;
                if ids.len() > SAMPLE {
                    count = total(exec, edge, keys).await?;
                    ids.truncate(SAMPLE);
                }
                Ok((count, ids))
            })
            .await?
        };
        let mut blockers = Blockers::of(edge);
        for (count, ids) in found {
            blockers.add(count, ids);
        }
        Ok((!blockers.is_empty()).then_some(blockers))
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
                && other.ids.iter().all(|id| mine.seen.contains(&identity(id)))
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
                let goes_on = edge.checked()?.action == Action::Delete;
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

/// The ids of the documents that refer to any of these by a key.
async fn holders(exec: Exec<'_>, edge: &Edge, keys: &[Bson]) -> Result<Vec<Bson>> {
    let found =
        side_by_side(chunks(keys), |keys| store::ids(exec, Find::new(edge.holder.collection, edge.holders_of(keys))));
    Ok(found.await?.into_iter().flatten().collect())
}

/// How many documents refer to any of these by a key that holds one.
async fn total(exec: Exec<'_>, edge: &Edge, keys: &[Bson]) -> Result<u64> {
    let counts =
        side_by_side(chunks(keys), |keys| store::count_on_primary(exec, edge.holder.collection, edge.holders_of(keys)));
    Ok(counts.await?.into_iter().sum())
}

fn is_in(node: &Node, document: &RawDocument) -> bool {
    let id = document.get("_id").ok().flatten().and_then(|id| raw_identity(id).ok());
    id.is_some_and(|id| node.seen.contains(&id))
}

/// How many elements of an array are among these.
fn elements(document: &RawDocument, key: &str, wanted: &HashSet<Identity>) -> Result<u64> {
    let Some(RawBsonRef::Array(array)) = document.get(key).map_err(mongodb::error::Error::from)? else {
        return Ok(0);
    };
    let mut count = 0;
    for element in array {
        let element = element.map_err(mongodb::error::Error::from)?;
        count += u64::from(wanted.contains(&encoding::raw_identity(element).map_err(Error::other)?));
    }
    Ok(count)
}
