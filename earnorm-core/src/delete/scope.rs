//! The scope of a delete: which keys lead to other documents, from the delete rules alone.

use crate::Result;
use crate::hooks::hooks_of;
use crate::reference::{Edge, Effect, edges_to};
use crate::schema::{Kinds, ModelMetadata, same_model};

/// Whether a delete of the model's documents affects nothing else: no delete rule refers to them, and they have no
/// hooks.
pub(crate) fn is_plain(model: &'static ModelMetadata) -> bool {
    Kinds::of(model).each().all(|model| edges_to(model).next().is_none() && hooks_of(model).is_none())
}

/// Whether a document may have both keys.
fn is_beside(one: &Edge, other: &Edge) -> bool {
    let overlap =
        one.holder.documents() != other.holder.documents() && one.holder.documents().overlaps(other.holder.documents());
    overlap || same_model(one.holder, other.holder)
}

/// What the schema alone says about a delete.
#[derive(Debug, Clone)]
pub(super) struct Scope {
    root: &'static ModelMetadata,
    /// The keys whose holders can be deleted without their ids: no other key of the delete leads to these holders,
    /// nothing depends on them, and they have no hooks.
    leaves: Vec<&'static Edge>,
}

impl Scope {
    /// Follows the delete rules from a model. Sends nothing; fails if two rules contradict each other.
    pub(super) fn of(root: &'static ModelMetadata) -> Result<Self> {
        let mut models: Vec<_> = Kinds::of(root).each().collect();
        let mut next = 0;
        while let Some(model) = models.get(next).copied() {
            next += 1;
            for edge in edges_to(model) {
                let cascades = edge.without_conflict()?.effect() == Effect::Delete;
                for holder in Kinds::of(edge.holder).each().filter(|_| cascades) {
                    if !models.iter().any(|model| model.documents() == holder.documents()) {
                        models.push(holder);
                    }
                }
            }
        }
        // computed once for a delete, not for each level
        let edges: Vec<&'static Edge> = models.iter().flat_map(|model| edges_to(model)).collect();
        let is_leaf = |edge: &&'static Edge| {
            let holder = edge.holder.documents();
            edges.iter().filter(|other| is_beside(other, edge)).count() == 1
                && !root.documents().overlaps(holder)
                && is_plain(edge.holder)
        };
        let leaves = edges.iter().copied().filter(is_leaf).collect();
        Ok(Self { root, leaves })
    }

    pub(super) fn root(&self) -> &'static ModelMetadata {
        self.root
    }

    pub(super) fn is_leaf(&self, edge: &Edge) -> bool {
        self.leaves.iter().any(|leaf| std::ptr::eq(*leaf, edge))
    }
}
