//! Who wants which documents: the keys that an include asks for, and the parents that each is for.

use std::collections::HashMap;

use mongodb::bson::Bson;

use crate::encoding::{Identity, identity};

/// The keys of an include, each once, nulls left out.
pub(crate) struct Wants {
    /// The stored name of the field of the target that holds the key.
    pub(super) field: &'static str,
    /// What kind of field that is.
    pub(super) shape: Shape,
    pub(super) keys: Vec<Bson>,
    parents: HashMap<Identity, Vec<usize>>,
    /// How many parents there are, those that want nothing included.
    pub(super) count: usize,
    /// For each parent the order in which it wants its keys, where that counts.
    pub(super) arranged: Option<Vec<HashMap<Identity, usize>>>,
    /// The keys are just those of the parents' windows, and in the order of these.
    pub(super) cut: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// The target's id: one document a key, for any number of parents.
    Id,
    /// A key of the target: any number of documents a key.
    Key,
    /// An array of keys: a document may belong to many.
    Array,
}

impl Wants {
    pub(super) fn new(field: &'static str, shape: Shape, count: usize) -> Self {
        Self { field, shape, keys: Vec::new(), parents: HashMap::new(), count, arranged: None, cut: false }
    }

    /// How many keys each parent wants.
    pub(super) fn numbers(&self) -> Vec<u64> {
        let mut numbers = vec![0; self.count];
        for parent in self.parents.values().flatten() {
            numbers[*parent] += 1;
        }
        numbers
    }

    /// Keeps the order in which each parent asks.
    pub(super) fn arranged(mut self) -> Self {
        self.arranged = Some(vec![HashMap::new(); self.count]);
        self
    }

    /// Only what is shown is asked for, in its order.
    pub(super) fn cut(self) -> Self {
        Self { cut: true, ..self.arranged() }
    }

    pub(super) fn want(&mut self, parent: usize, key: Bson) {
        if key == Bson::Null {
            return;
        }
        let id = identity(&key);
        if let Some(arranged) = &mut self.arranged {
            let next = arranged[parent].len();
            arranged[parent].entry(id.clone()).or_insert(next);
        }
        let parents = self.parents.entry(id).or_insert_with(|| {
            self.keys.push(key);
            Vec::new()
        });
        if parents.last() != Some(&parent) {
            parents.push(parent);
        }
    }

    pub(super) fn parents(&self, key: &Identity) -> &[usize] {
        self.parents.get(key).map_or(&[], Vec::as_slice)
    }
}
