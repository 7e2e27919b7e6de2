//! Who wants which documents: the keys that an include asks for, and the parents that each is for.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use mongodb::bson::Bson;

use crate::encoding::{Identity, identity};

/// The keys of an include, each once, nulls left out.
pub(crate) struct Wants {
    /// The stored name of the field of the target that holds the key.
    pub(super) field: &'static str,
    /// What kind of field that is.
    pub(super) shape: Shape,
    pub(super) keys: Vec<Bson>,
    parents: HashMap<Identity, Parents>,
    /// How many parents there are, those that want nothing included.
    pub(super) count: usize,
    /// For each parent the order in which it wants its keys, where that counts.
    pub(super) arranged: Option<Vec<Places>>,
    /// The keys are just those of the parents' windows, and in the order of these.
    pub(super) cut: bool,
}

/// The place of each key in its parent's own order.
pub(super) type Places = HashMap<Identity, usize>;

/// Whose a key is: mostly one parent's, for which a list would be too much.
enum Parents {
    One([usize; 1]),
    Several(Vec<usize>),
}

impl Parents {
    fn as_slice(&self) -> &[usize] {
        match self {
            Self::One(parent) => parent,
            Self::Several(parents) => parents,
        }
    }

    fn add(&mut self, parent: usize) {
        match self {
            Self::One([first]) => *self = Self::Several(vec![*first, parent]),
            Self::Several(parents) => parents.push(parent),
        }
    }
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
        for parent in self.parents.values().flat_map(Parents::as_slice) {
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
        if key != Bson::Null {
            self.want_as(parent, identity(&key), key);
        }
    }

    /// As [`want`](Self::want), of a key whose identity is known.
    pub(super) fn want_as(&mut self, parent: usize, id: Identity, key: Bson) {
        if let Some(arranged) = &mut self.arranged {
            let next = arranged[parent].len();
            arranged[parent].entry(id.clone()).or_insert(next);
        }
        match self.parents.entry(id) {
            Entry::Vacant(place) => {
                self.keys.push(key);
                place.insert(Parents::One([parent]));
            }
            Entry::Occupied(mut place) => {
                if place.get().as_slice().last() != Some(&parent) {
                    place.get_mut().add(parent);
                }
            }
        }
    }

    pub(super) fn parents(&self, key: &Identity) -> &[usize] {
        self.parents.get(key).map_or(&[], Parents::as_slice)
    }

    /// How many parents there are, and their orders. The keys go: those of many parents take much memory, and what was
    /// found is handed out without.
    pub(super) fn without_keys(self) -> (usize, Option<Vec<Places>>) {
        (self.count, self.arranged)
    }
}
