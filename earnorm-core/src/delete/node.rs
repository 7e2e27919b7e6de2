//! The parts of a closure.

use std::ops::Range;

use indexmap::IndexSet;

use super::tally::Affected;
use crate::bson::PackedId;
use crate::reference::{Edge, Effect};
use crate::schema::ModelMetadata;

/// The documents of one model that the delete removes, in the order in which they were found.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) model: &'static ModelMetadata,
    pub(super) ids: IndexSet<PackedId>,
}

/// A range of the documents of a node: the roots, or the documents that refer to one level by one key, or a part of
/// these.
#[derive(Debug, Clone)]
pub(super) struct IdRange {
    pub(super) node: usize,
    pub(super) ids: Range<usize>,
    pub(super) via: Option<&'static Edge>,
}

/// Documents that refer to those of a node and whose ids aren't needed. Either their keys are emptied, or they are
/// deleted by their key because nothing depends on them.
#[derive(Debug, Clone)]
pub(super) struct Leaf {
    pub(super) edge: &'static Edge,
    pub(super) node: usize,
    /// How many there are. `None` for documents that are deleted by key, if only the delete itself counts them.
    pub(super) count: Option<u64>,
}

impl Leaf {
    /// The number that this leaf adds to.
    pub(super) fn counter<'a>(&self, affected: &'a mut Affected) -> &'a mut u64 {
        if self.edge.effect() == Effect::Update
            && let Some(array) = self.edge.array()
            && !affected.arrays.contains(&array)
        {
            affected.arrays.push(array);
        }
        match self.edge.effect() {
            _ if self.edge.links => &mut affected.links,
            Effect::Delete => &mut affected.deleted,
            _ => &mut affected.unlinked,
        }
    }
}
