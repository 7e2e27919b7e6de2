//! The keys that an include searches for, and the parents of each key.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

use mongodb::bson::{Bson, RawBsonRef, RawDocument};

use crate::bson::{Identity, from_raw, identity, raw_identity};
use crate::field::each_value;
use crate::schema::KeyPath;
use crate::store::{Exec, alike, equal_in, folded, has_text};
use crate::{Error, Result};

/// The keys of an include, each once and without nulls.
pub(crate) struct Wants {
    /// The stored name of the target's field that holds the key.
    pub(super) field: &'static str,
    /// Where the key is in the target.
    pub(super) path: KeyPath,
    /// The kind of that field.
    pub(super) kind: KeyKind,
    pub(super) keys: Vec<Bson>,
    parents: HashMap<Identity, Parents>,
    /// The number of parents, including those without keys.
    pub(super) count: usize,
    /// For each parent the order of its keys, if that order applies.
    pub(super) arranged: Option<Vec<Places>>,
    /// Whether the keys are only those within the parents' windows, in the order of the windows.
    pub(super) cut: bool,
    collated: Collated,
}

/// What is known about the default collation of a collection, which may take several keys for equal.
#[derive(Default)]
struct Collated {
    /// The wanted keys that resemble each other and, in `folded`, the folded forms of all wanted keys with text. Both
    /// are empty if no key contains text.
    alike: HashSet<Identity>,
    folded: HashSet<Identity>,
    /// The keys of returned documents that a collation may have matched.
    noticed: Mutex<Vec<(Identity, Bson)>>,
    /// For keys that the collation takes for equal, the one to search for.
    canonical: HashMap<Identity, Identity>,
}

/// The position of each key in its parent's own order.
pub(super) type Places = HashMap<Identity, usize>;

/// The parents of a key. Most keys have one, for which a list would use too much memory.
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
pub(super) enum KeyKind {
    /// The id of the target: one document per key, for any number of parents.
    Id,
    /// A single key in the target: any number of documents per key.
    Key,
    /// An array of keys in the target: a document may have several parents.
    Array,
}

impl Wants {
    /// For keys that are ids of the target.
    pub(super) fn by_id(count: usize) -> Self {
        Self::new("_id", KeyPath::single("_id"), KeyKind::Id, count)
    }

    pub(super) fn new(field: &'static str, path: KeyPath, kind: KeyKind, count: usize) -> Self {
        Self {
            field,
            path,
            kind,
            keys: Vec::new(),
            parents: HashMap::new(),
            count,
            arranged: None,
            cut: false,
            collated: Collated::default(),
        }
    }

    /// Makes room for the keys of this number of parents.
    pub(super) fn reserve(&mut self, parents: usize) {
        self.keys.reserve_exact(parents);
        self.parents.reserve(parents);
    }

    /// The number of keys of each parent.
    pub(super) fn numbers(&self) -> Vec<u64> {
        let mut numbers = vec![0; self.count];
        for parent in self.parents.values().flat_map(Parents::as_slice) {
            numbers[*parent] += 1;
        }
        numbers
    }

    /// Records the order of each parent's keys.
    pub(super) fn arranged(mut self) -> Self {
        self.arranged = Some(vec![HashMap::new(); self.count]);
        self
    }

    /// Declares that only the keys within the windows will be added, in the order of the windows.
    pub(super) fn cut(self) -> Self {
        Self { cut: true, ..self.arranged() }
    }

    pub(super) fn want(&mut self, parent: usize, key: Bson) {
        if key != Bson::Null {
            self.want_as(parent, identity(&key), key);
        }
    }

    /// Does the same as [`want`](Self::want) for a key whose identity is known.
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

    /// Does the same for a key that is wanted already.
    pub(super) fn want_again(&mut self, parent: usize, id: &Identity) {
        if let Some(arranged) = &mut self.arranged {
            let next = arranged[parent].len();
            arranged[parent].entry(id.clone()).or_insert(next);
        }
        if let Some(parents) = self.parents.get_mut(id)
            && parents.as_slice().last() != Some(&parent)
        {
            parents.add(parent);
        }
    }

    pub(super) fn parents(&self, key: &Identity) -> &[usize] {
        self.parents.get(self.canonical(key)).map_or(&[], Parents::as_slice)
    }

    /// The key to search for in place of this one.
    pub(super) fn canonical<'k>(&'k self, key: &'k Identity) -> &'k Identity {
        self.collated.canonical.get(key).unwrap_or(key)
    }

    /// Sorts documents, of which these are the ids, by their places in the array of their parent.
    pub(super) fn arrange(&self, documents: &mut [usize], places: &Places, ids: &[Identity]) {
        documents.sort_by_key(|index| places.get(self.canonical(&ids[*index])));
    }

    /// Prepares for [`notice`](Self::notice), after all keys have been added. Returns false if no key contains text,
    /// which a collation could affect.
    pub(super) fn watch(&mut self) -> bool {
        if self.collated.folded.is_empty() && self.collated.canonical.is_empty() {
            let keys = || self.keys.iter().filter(|key| has_text(key));
            (self.collated.alike, self.collated.folded) = (alike(keys()), keys().map(folded).collect());
        }
        !self.collated.folded.is_empty()
    }

    /// Records the key by which a document was found, if it isn't a wanted key or resembles another wanted key.
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
            // an array may have elements that are not wanted
            if has_text(&value) && (wanted || !element || self.collated.folded.contains(&folded(&value))) {
                self.collated.noticed.lock().unwrap_or_else(PoisonError::into_inner).push((id, value));
            }
            Ok(())
        };
        let in_array = self.path.is_in_array() && field == self.field;
        each_value(document, field, &mut |value| match value {
            RawBsonRef::Array(values) => {
                for value in values {
                    note(value.map_err(mongodb::error::Error::from)?, self.kind == KeyKind::Array)?;
                }
                Ok(())
            }
            value => note(value, in_array),
        })
    }

    /// If there is a reason to, queries the collection for the keys that its collation takes for equal: one command.
    /// Returns true if there are new ones. Then only one key of each group is searched for from now on, and the
    /// documents must be read again.
    pub(super) async fn settle(&mut self, exec: Exec<'_>, collection: &'static str) -> Result<bool> {
        let noticed = std::mem::take(self.collated.noticed.get_mut().unwrap_or_else(PoisonError::into_inner));
        let noticed: HashMap<Identity, Bson> = noticed.into_iter().collect();
        let alike = std::mem::take(&mut self.collated.alike);
        let known = |key: &Identity| self.parents.contains_key(key) || self.collated.canonical.contains_key(key);
        let mut values: Vec<Bson> =
            noticed.iter().filter(|(key, _)| !known(key)).map(|(_, value)| value.clone()).collect();
        // the ids of a collection are unique under its collation: if every wanted id was found, none are equal
        let complete = self.kind == KeyKind::Id && alike.iter().all(|key| noticed.contains_key(key));
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

    /// Merges several keys into one.
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

    /// Takes the keys out of this value, to send them.
    pub(super) fn take_keys(&mut self) -> Vec<Bson> {
        std::mem::take(&mut self.keys)
    }

    /// Returns the number of parents and their orders, and frees the keys: for many parents they take much memory,
    /// and the results can be assigned to parents without them.
    pub(super) fn without_keys(&mut self) -> (usize, Option<Vec<Places>>) {
        (self.keys, self.parents) = (Vec::new(), HashMap::new());
        (self.count, self.arranged.take())
    }
}
