//! The scope of a delete: which keys lead to other documents, from the delete rules alone.

use crate::Result;
use crate::hooks::hooks_of;
use crate::reference::{Edge, Effect, edges_to};
use crate::schema::{Documents, Kinds, ModelMetadata, Visible, same_model};

/// How a delete removes documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Removal {
    /// As the model says: documents with a mark are marked.
    ByModel,
    /// For good.
    Purge,
}

impl Removal {
    /// Whether documents of the model are marked, and not deleted.
    pub(crate) fn is_soft(self, model: &'static ModelMetadata) -> bool {
        self == Self::ByModel && Kinds::of(model).each().any(|kind| kind.config.soft_delete.is_some())
    }
}

/// Whether a delete of the model's documents affects nothing else: no delete rule applies, and they have no hooks.
pub(crate) fn is_plain(model: &'static ModelMetadata, soft: bool) -> bool {
    Kinds::of(model).each().all(|kind| {
        let alike = kind.config.soft_delete == model.config.soft_delete;
        alike && hooks_of(kind).is_none() && !edges_to(kind).any(|edge| applies(edge, soft))
    })
}

/// Whether a delete has to do something for the key. A soft delete changes no references: these changes happen when the
/// document is purged.
pub(super) fn applies(edge: &Edge, soft: bool) -> bool {
    let kept = match edge.effect() {
        Effect::Delete => edge.links,
        Effect::Update => true,
        Effect::Block | Effect::Nothing => false,
    };
    !(soft && kept) || edge.without_conflict().is_err()
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
    /// Whether documents are marked.
    soft: bool,
}

impl Scope {
    /// Follows the delete rules from a model. Sends nothing; fails if two rules contradict each other.
    pub(super) fn of(root: &'static ModelMetadata, removal: Removal) -> Result<Self> {
        let soft = removal.is_soft(root);
        let mut models: Vec<_> = Kinds::of(root).each().collect();
        let mut next = 0;
        while let Some(model) = models.get(next).copied() {
            next += 1;
            for edge in edges_to(model).filter(|edge| applies(edge, soft)) {
                let cascades = edge.without_conflict()?.effect() == Effect::Delete;
                for holder in Kinds::of(edge.holder).each().filter(|_| cascades) {
                    if !models.iter().any(|model| model.documents() == holder.documents()) {
                        models.push(holder);
                    }
                }
            }
        }
        // computed once for a delete, not for each level
        let edges: Vec<&'static Edge> =
            models.iter().flat_map(|model| edges_to(model)).filter(|edge| applies(edge, soft)).collect();
        let is_leaf = |edge: &&'static Edge| {
            let holder = edge.holder.documents();
            edges.iter().filter(|other| is_beside(other, edge)).count() == 1
                && !root.documents().overlaps(holder)
                && is_plain(edge.holder, soft)
                && (!soft || edge.holder.config.soft_delete.is_some())
        };
        let leaves = edges.iter().copied().filter(is_leaf).collect();
        Ok(Self { root, leaves, soft })
    }

    /// Whether documents are marked, and not deleted.
    pub(super) fn is_soft(&self) -> bool {
        self.soft
    }

    /// The keys to a model for which the delete has to do something.
    pub(super) fn edges_to(&self, model: &'static ModelMetadata) -> impl Iterator<Item = &'static Edge> + use<> {
        let soft = self.soft;
        edges_to(model).filter(move |edge| applies(edge, soft))
    }

    /// The documents of a model that the delete sees. A soft delete sees those that aren't deleted, and those that an
    /// interrupted delete has marked. Any other delete sees all, because the keys of deleted ones would dangle.
    pub(super) fn seen(&self, model: &'static ModelMetadata) -> Documents {
        model.documents().visible(self.visible())
    }

    pub(super) fn visible(&self) -> Visible {
        if self.soft { Visible::Unfinished } else { Visible::All }
    }

    pub(super) fn root(&self) -> &'static ModelMetadata {
        self.root
    }

    pub(super) fn is_leaf(&self, edge: &Edge) -> bool {
        self.leaves.iter().any(|leaf| std::ptr::eq(*leaf, edge))
    }
}
