//! The scope of a delete: which keys lead to other documents, from the delete rules alone.

use crate::Result;
use crate::hooks::hooks_of;
use crate::reference::{Edge, Effect, edges_to};
use crate::schema::{ModelMetadata, same_model};

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
        let mut models = vec![root];
        let mut next = 0;
        while let Some(model) = models.get(next).copied() {
            next += 1;
            for edge in edges_to(model) {
                let cascades = edge.without_conflict()?.effect() == Effect::Delete;
                if cascades && !models.iter().any(|model| model.collection == edge.holder.collection) {
                    models.push(edge.holder);
                }
            }
        }
        // computed once for a delete, not for each level
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

    pub(super) fn is_leaf(&self, edge: &Edge) -> bool {
        self.leaves.iter().any(|leaf| std::ptr::eq(*leaf, edge))
    }
}
