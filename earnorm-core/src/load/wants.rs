//! Who wants which documents: the keys that an include asks for, and the parents that each is for.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

use mongodb::bson::{Bson, RawBsonRef, RawDocument};

use crate::bson::{Identity, from_raw, identity, raw_identity};
use crate::store::{Exec, alike, equal_in, folded, has_text};
use crate::{Error, Result};

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
    collated: Collated,
}

/// What is known of a collation of the collection's own, which may take several keys for equal.
#[derive(Default)]
struct Collated {
    /// The wanted keys that resemble each other, and what all of them resemble: empty where no key has text in it.
    alike: HashSet<Identity>,
    folded: HashSet<Identity>,
    /// The keys of documents that such a collation may have found.
    noticed: Mutex<Vec<(Identity, Bson)>>,
    /// For keys that are equal to the collection, the one that is asked for.
    canonical: HashMap<Identity, Identity>,
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

    fn into_vec(self) -> Vec<usize> {
        self.as_slice().to_vec()
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
        Self {
            field,
            shape,
            keys: Vec::new(),
            parents: HashMap::new(),
            count,
            arranged: None,
            cut: false,
            collated: Collated::default(),
        }
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
        self.parents.get(self.canonical(key)).map_or(&[], Parents::as_slice)
    }

    /// The key that is asked for in place of this one.
    pub(super) fn canonical<'k>(&'k self, key: &'k Identity) -> &'k Identity {
        self.collated.canonical.get(key).unwrap_or(key)
    }

    /// Prepares for [`notice`](Self::notice), once all keys are there. False where a collation has no say.
    pub(super) fn watch(&mut self) -> bool {
        if self.collated.folded.is_empty() && self.collated.canonical.is_empty() {
            let keys = || self.keys.iter().filter(|key| has_text(key));
            (self.collated.alike, self.collated.folded) = (alike(keys()), keys().map(folded).collect());
        }
        !self.collated.folded.is_empty()
    }

    /// Looks at the key by which a document was found: whether it isn't asked for, or resembles several that are.
    pub(super) fn notice(&self, document: &RawDocument, field: &str) -> Result<()> {
        if self.collated.folded.is_empty() {
            return Ok(());
        }
        let note = |value: RawBsonRef<'_>, element: bool| {
            let id = raw_identity(value).map_err(Error::other)?;
            let wanted = self.parents.contains_key(&id);
            if wanted && !self.collated.alike.contains(&id) {
                return Ok(());
            }
            let value = from_raw(value).map_err(Error::other)?;
            // an array may have elements that nobody asks for
            if has_text(&value) && (wanted || !element || self.collated.folded.contains(&folded(&value))) {
                self.collated.noticed.lock().unwrap_or_else(PoisonError::into_inner).push((id, value));
            }
            Ok(())
        };
        match document.get(field).map_err(mongodb::error::Error::from)? {
            Some(RawBsonRef::Array(values)) => {
                for value in values {
                    note(value.map_err(mongodb::error::Error::from)?, self.shape == Shape::Array)?;
                }
                Ok(())
            }
            Some(value) => note(value, false),
            None => Ok(()),
        }
    }

    /// Asks the collection which keys are equal to it, if there is a reason to: one command. True where some are: then only
    /// one of them is asked for from now on, and what has been read is to be read again.
    pub(super) async fn settle(&mut self, exec: Exec<'_>, collection: &'static str) -> Result<bool> {
        let noticed = std::mem::take(self.collated.noticed.get_mut().unwrap_or_else(PoisonError::into_inner));
        let noticed: HashMap<Identity, Bson> = noticed.into_iter().collect();
        let alike = std::mem::take(&mut self.collated.alike);
        let known = |key: &Identity| self.parents.contains_key(key) || self.collated.canonical.contains_key(key);
        let mut values: Vec<Bson> =
            noticed.iter().filter(|(key, _)| !known(key)).map(|(_, value)| value.clone()).collect();
        // a collection holds no two ids that its collation takes for equal: if each id was found, none are equal
        let complete = self.shape == Shape::Id && alike.iter().all(|key| noticed.contains_key(key));
        let resembling = !complete && noticed.keys().any(|key| alike.contains(key));
        if values.is_empty() && !resembling {
            return Ok(false);
        }
        let before = self.collated.canonical.len();
        values.extend(self.keys.iter().filter(|key| has_text(key)).cloned());
        for class in equal_in(exec, collection, &values).await? {
            self.unite(&class);
        }
        let Self { keys, parents, .. } = self;
        keys.retain(|key| parents.contains_key(&identity(key)));
        Ok(self.collated.canonical.len() > before)
    }

    /// Takes several keys for one.
    fn unite(&mut self, class: &[Bson]) {
        let ids: Vec<Identity> = class.iter().map(identity).collect();
        let Some(first) = ids.iter().find(|id| self.parents.contains_key(id)) else {
            return;
        };
        let all: HashSet<usize> =
            ids.iter().filter_map(|id| self.parents.remove(id)).flat_map(Parents::into_vec).collect();
        let mut all: Vec<usize> = all.into_iter().collect();
        all.sort_unstable();
        self.parents.insert(first.clone(), Parents::Several(all));
        for places in self.arranged.iter_mut().flatten() {
            if let Some(place) = ids.iter().filter_map(|id| places.remove(id)).min() {
                places.insert(first.clone(), place);
            }
        }
        self.collated.canonical.extend(ids.iter().map(|id| (id.clone(), first.clone())));
    }

    /// The keys as they are, to be asked for again.
    pub(super) fn take_keys(&mut self) -> Vec<Bson> {
        std::mem::take(&mut self.keys)
    }

    /// How many parents there are, and their orders. The keys go: those of many parents take much memory, and what was
    /// found is handed out without.
    pub(super) fn without_keys(&mut self) -> (usize, Option<Vec<Places>>) {
        (self.keys, self.parents) = (Vec::new(), HashMap::new());
        (self.count, self.arranged.take())
    }
}
