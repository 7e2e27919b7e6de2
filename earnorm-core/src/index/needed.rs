//! Needed indexes: their names, and which of them covers another one. Nothing here sends a command.

use mongodb::bson::{Bson, Document};

use crate::error::IndexSpec;

/// An index that a relation needs, or that a model declares.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct NeededIndex {
    pub(super) collection: &'static str,
    pub(super) keys: Document,
    pub(super) unique: bool,
    /// The partial filter expression, if it has one.
    pub(super) partial: Option<Document>,
    /// `None` for an index that only relations need.
    pub(super) declared: Option<Declared>,
    /// Whether its last key is the id of the deletion.
    pub(super) excepts_deleted: bool,
}

/// What only a declared index has.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Declared {
    /// The name that is written.
    pub(super) name: Option<&'static str>,
    pub(super) sparse: bool,
    pub(super) hidden: bool,
    pub(super) collation: Option<Document>,
    pub(super) expire_after: Option<u32>,
}

impl NeededIndex {
    pub(super) const fn new(collection: &'static str, keys: Document) -> Self {
        Self { collection, keys, unique: false, partial: None, declared: None, excepts_deleted: false }
    }

    /// The index to make if the server can't make a unique one.
    pub(super) fn without_unique(&self) -> Self {
        // the partial filter of a relation is there only because the index is unique
        let partial = self.partial.clone().filter(|_| self.declared.is_some());
        Self { unique: false, partial, ..self.clone() }
    }

    /// Lets a deleted document have the same values as another, if the index is unique: its last key is then the id of the
    /// deletion, which is missing in all others. A partial index would do the same, but not serve a delete, which also searches
    /// among deleted documents.
    pub(super) fn except_deleted(&mut self, mark: Option<&str>) {
        if let (true, Some(mark)) = (self.unique, mark) {
            self.keys.insert(deletion_of(mark), 1);
            self.excepts_deleted = true;
        }
    }

    /// The index on its declared keys.
    pub(super) fn with_deleted(mut self) -> Self {
        if std::mem::take(&mut self.excepts_deleted)
            && let Some(last) = self.keys.keys().last().cloned()
        {
            self.keys.remove(last);
        }
        self
    }

    /// The first of its keys.
    pub(super) fn first_key(&self) -> Option<&str> {
        self.keys.keys().next().map(String::as_str)
    }

    /// The name that is written, or the server's default name. A sparse index, and one with a collation or a partial
    /// filter, has a longer one, because it can exist beside one on all documents.
    pub(super) fn name(&self) -> String {
        let declared = self.declared.as_ref();
        if let Some(name) = declared.and_then(|declared| declared.name) {
            return name.to_owned();
        }
        let mut name = default_name(&self.keys);
        if declared.is_some_and(|declared| declared.sparse) {
            name.push_str("_sparse");
        }
        if let Some(collation) = declared.and_then(|declared| declared.collation.as_ref()) {
            for part in [collation.get("locale"), collation.get("strength")].into_iter().flatten() {
                name.push_str(&format!("_{part}").replace('"', ""));
            }
        }
        if let Some(partial) = &self.partial {
            if self.unique {
                name.push_str("_unique");
            }
            let is_type = |value: &Bson| value.as_document().is_some_and(|value| value.contains_key("$type"));
            for (field, value) in partial.iter().filter(|(_, value)| !is_type(value)) {
                name.push_str(&format!("_{field}_{value}").replace('"', ""));
            }
        }
        name
    }

    /// Whether queries can use the index for every document: it isn't limited to some documents, or to one collation.
    pub(super) fn is_general(&self) -> bool {
        let limited = self.declared.as_ref().is_some_and(|d| d.sparse || d.hidden || d.collation.is_some());
        !limited && self.partial.is_none() && self.keys.iter().all(|(_, order)| order.as_str().is_none())
    }

    /// Whether something distinguishes this index from one that has the same fields first: only the same index covers it.
    fn is_distinguished(&self) -> bool {
        let by_option = |d: &Declared| {
            d.sparse || d.hidden || d.name.is_some() || d.collation.is_some() || d.expire_after.is_some()
        };
        self.declared.as_ref().is_some_and(by_option) || self.keys.iter().any(|(_, order)| order.as_str().is_some())
    }

    /// Whether this index serves every query that the other serves, and refuses every document that the other refuses.
    pub(super) fn covers(&self, other: &Self) -> bool {
        if self.collection != other.collection || !self.keys.iter().zip(&other.keys).all(|(a, b)| a == b) {
            return false;
        }
        let same = self.keys.len() == other.keys.len();
        if other.is_distinguished() || other.declared.is_some() && other.partial.is_some() {
            return same && self.is_same(other);
        }
        let serves = if other.unique {
            self.unique && same
        } else {
            // a unique index finds at most one document, so for a relation, further fields add nothing
            self.keys.len() >= other.keys.len() || self.unique && other.declared.is_none()
        };
        let whole =
            self.is_general() || self.partial.is_some() && self.is_like_relation() && self.partial == other.partial;
        whole && serves
    }

    /// Whether it has no option but a partial filter.
    fn is_like_relation(&self) -> bool {
        self.declared.as_ref().is_none_or(|declared| *declared == Declared::default())
    }

    /// Whether both have the same fields and options. One without a written name can have any.
    fn is_same(&self, other: &Self) -> bool {
        let declared = |index: &Self| index.declared.clone().unwrap_or_default();
        let (mine, mut theirs) = (declared(self), declared(other));
        theirs.name = theirs.name.or(mine.name);
        self.keys == other.keys && self.unique == other.unique && self.partial == other.partial && mine == theirs
    }

    pub(super) fn spec(&self) -> IndexSpec {
        let declared = self.declared.clone().unwrap_or_default();
        IndexSpec {
            collection: self.collection,
            name: self.name(),
            keys: self.keys.clone(),
            unique: self.unique,
            partial: self.partial.clone(),
            sparse: declared.sparse,
            hidden: declared.hidden,
            collation: declared.collation,
            expire_after: declared.expire_after.map(u64::from),
        }
    }
}

/// The path of the id of a deletion.
pub(super) fn deletion_of(mark: &str) -> String {
    format!("{mark}.id")
}

/// The name that a server or a driver gives to an index with these fields: `country_1_created_-1`.
pub(super) fn default_name(keys: &Document) -> String {
    let keys = keys.iter().map(|(key, order)| format!("{key}_{order}").replace('"', ""));
    keys.collect::<Vec<_>>().join("_")
}

#[cfg(test)]
mod tests {
    use mongodb::bson::{Document, doc};

    use super::{Declared, NeededIndex};

    fn relation(keys: Document) -> NeededIndex {
        NeededIndex::new("users", keys)
    }

    fn declared(keys: Document) -> NeededIndex {
        NeededIndex { declared: Some(Declared::default()), ..relation(keys) }
    }

    fn unique(index: NeededIndex) -> NeededIndex {
        NeededIndex { unique: true, ..index }
    }

    fn with(index: NeededIndex, change: impl FnOnce(&mut Declared)) -> NeededIndex {
        let mut options = Declared::default();
        change(&mut options);
        NeededIndex { declared: Some(options), ..index }
    }

    #[test]
    fn a_longer_index_covers_a_plain_one_only() {
        let (short, long) = (doc! { "a": 1 }, doc! { "a": 1, "b": -1 });
        assert!(declared(long.clone()).covers(&declared(short.clone())));
        assert!(declared(long.clone()).covers(&relation(short.clone())));
        assert!(!declared(doc! { "b": 1, "a": 1 }).covers(&declared(short.clone())));
        assert!(!declared(doc! { "a": -1, "b": 1 }).covers(&declared(short.clone())));
        assert!(!declared(long.clone()).covers(&unique(declared(short.clone()))));
        let partial = NeededIndex { partial: Some(doc! { "b": 1 }), ..declared(short.clone()) };
        assert!(!declared(long.clone()).covers(&partial));
        assert!(!partial.covers(&declared(short.clone())));
        assert!(partial.covers(&partial));
        for change in [
            |options: &mut Declared| options.name = Some("by_a"),
            |options: &mut Declared| options.sparse = true,
            |options: &mut Declared| options.hidden = true,
            |options: &mut Declared| options.expire_after = Some(1),
            |options: &mut Declared| options.collation = Some(doc! { "locale": "en" }),
        ] {
            assert!(!declared(long.clone()).covers(&with(declared(short.clone()), change)));
        }
    }

    #[test]
    fn an_index_that_serves_fewer_queries_covers_nothing() {
        let plain = || declared(doc! { "a": 1 });
        assert!(!with(plain(), |options| options.sparse = true).covers(&plain()));
        assert!(!with(plain(), |options| options.hidden = true).covers(&plain()));
        assert!(!with(plain(), |options| options.collation = Some(doc! { "locale": "en" })).covers(&plain()));
        assert!(with(plain(), |options| options.expire_after = Some(1)).covers(&plain()));
        assert!(with(plain(), |options| options.name = Some("by_a")).covers(&plain()));
        assert!(unique(plain()).covers(&plain()));
        assert!(!declared(doc! { "a": "hashed" }).covers(&plain()));
    }

    #[test]
    fn a_unique_index_covers_a_longer_one_of_a_relation_only() {
        let (one, two) = (unique(declared(doc! { "a": 1 })), doc! { "a": 1, "b": 1 });
        assert!(one.covers(&relation(two.clone())));
        assert!(!one.covers(&declared(two)));
    }

    #[test]
    fn names_tell_indexes_on_the_same_fields_apart() {
        let plain = declared(doc! { "a": 1, "b": -1 });
        assert_eq!(plain.name(), "a_1_b_-1");
        let collation = Some(doc! { "locale": "en", "strength": 2 });
        assert_eq!(with(plain.clone(), |options| options.collation = collation).name(), "a_1_b_-1_en_2");
        assert_eq!(with(plain.clone(), |options| options.sparse = true).name(), "a_1_b_-1_sparse");
        let partial = NeededIndex { partial: Some(doc! { "kind": "car" }), ..plain.clone() };
        assert_eq!(partial.name(), "a_1_b_-1_kind_car");
        assert_eq!(unique(partial.clone()).name(), "a_1_b_-1_unique_kind_car");
        assert_eq!(with(partial, |options| options.name = Some("own")).name(), "own");
        assert_eq!(declared(doc! { "title": "text", "body": "text" }).name(), "title_text_body_text");
    }
}
