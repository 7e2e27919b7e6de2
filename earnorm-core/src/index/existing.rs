//! Existing indexes, and how they compare with needed ones.

use mongodb::bson::{Bson, Document};
use mongodb::{Database, IndexModel};

use super::declared::collation_document;
use super::needed::{Declared, NeededIndex, default_name};
use crate::Result;
use crate::bson::identity;
use crate::error::IndexSpec;
use crate::store::list_indexes;

/// The existing indexes of a collection. One command.
pub(super) async fn existing_in(db: &Database, collection: &'static str) -> Result<Vec<IndexSpec>> {
    Ok(list_indexes(db, collection).await?.into_iter().map(|index| spec(collection, index)).collect())
}

fn spec(collection: &'static str, index: IndexModel) -> IndexSpec {
    let options = index.options.unwrap_or_default();
    IndexSpec {
        collection,
        name: options.name.unwrap_or_default(),
        keys: keys(index.keys, options.weights.as_ref()),
        unique: options.unique == Some(true),
        partial: options.partial_filter_expression,
        sparse: options.sparse == Some(true),
        hidden: options.hidden == Some(true),
        collation: options.collation.as_ref().map(collation_document),
        expire_after: options.expire_after.map(|after| after.as_secs()),
    }
}

/// The fields as they are declared. The server lists the fields of a text index as weights, and `_fts` in their place.
fn keys(keys: Document, weights: Option<&Document>) -> Document {
    let mut declared = Document::new();
    for (key, order) in keys {
        match key.as_str() {
            "_fts" => declared
                .extend(weights.into_iter().flat_map(Document::keys).map(|field| (field.clone(), order.clone()))),
            "_ftsx" => {}
            _ => {
                declared.insert(key, order);
            }
        }
    }
    declared
}

/// The fields with those of a text index in alphabetical order, in which the server doesn't keep them.
fn comparable(keys: &Document) -> Vec<(&String, &Bson)> {
    let mut keys: Vec<_> = keys.iter().collect();
    let is_text = |(_, order): &(&String, &Bson)| order.as_str() == Some("text");
    for run in keys.chunk_by_mut(|a, b| is_text(a) && is_text(b)) {
        if run.len() > 1 {
            run.sort_unstable_by_key(|(field, _)| *field);
        }
    }
    keys
}

/// Whether `prefix` is a prefix of `keys`. The server may return a direction as another number type.
pub(super) fn begins_with(keys: &Document, prefix: &Document) -> bool {
    let (keys, prefix) = (comparable(keys), comparable(prefix));
    keys.len() >= prefix.len() && keys.iter().zip(prefix).all(|((a, x), (b, y))| *a == b && identity(x) == identity(y))
}

pub(super) fn same_keys(a: &Document, b: &Document) -> bool {
    a.len() == b.len() && begins_with(a, b)
}

/// Whether two partial filters are the same. The server may return a number as another type.
fn same_partial(a: Option<&Document>, b: Option<&Document>) -> bool {
    let identity = |document: &Document| identity(&Bson::from(document.clone()));
    a == b || a.map(identity) == b.map(identity)
}

/// Whether an existing collation is the wanted one. The server lists all options, and also the version of its rules.
fn same_collation(wanted: Option<&Document>, existing: Option<&Document>) -> bool {
    let defaults = [
        ("strength", Bson::Int32(3)),
        ("caseLevel", Bson::Boolean(false)),
        ("numericOrdering", Bson::Boolean(false)),
        ("alternate", "non-ignorable".into()),
    ];
    let wanted = wanted.filter(|wanted| !wanted.get_str("locale").is_ok_and(|locale| locale == "simple"));
    let (Some(wanted), Some(existing)) = (wanted, existing) else { return wanted.is_none() && existing.is_none() };
    let is = |name: &str, value: &Bson| existing.get(name).is_some_and(|other| identity(other) == identity(value));
    wanted.iter().all(|(name, value)| is(name, value))
        && defaults.iter().filter(|(name, _)| !wanted.contains_key(name)).all(|(name, value)| {
            // a default that depends on the language isn't among these
            !existing.contains_key(name) || is(name, value)
        })
}

/// Whether an existing index has no option.
pub(super) fn is_plain(index: &IndexSpec) -> bool {
    let special = index.unique
        || index.sparse
        || index.hidden
        || index.expire_after.is_some()
        || index.collation.is_some()
        || index.partial.is_some()
        || index.keys.iter().any(|(_, order)| order.as_str().is_some());
    !special && !index.keys.is_empty()
}

/// Whether an existing index has the name that EarnORM gives to an index with its fields.
pub(super) fn has_default_name(index: &IndexSpec) -> bool {
    index.name == default_name(&index.keys)
}

impl NeededIndex {
    /// Whether an existing index can be used as this one.
    pub(super) fn exists_in(&self, existing: &[IndexSpec]) -> bool {
        existing.iter().any(|other| self.is_satisfied_by(other))
    }

    /// Whether `other` can be used as this index: it begins with the same keys and has the same options. An index with a
    /// meaning of its own, such as a unique one, needs exactly the same keys.
    pub(super) fn is_satisfied_by(&self, other: &IndexSpec) -> bool {
        let declared = self.declared.clone().unwrap_or_default();
        let exact = self.unique || declared != Declared::default() || self.partial.is_some() && self.declared.is_some();
        let fits = (!exact || other.keys.len() == self.keys.len()) && (!self.unique || other.unique);
        fits && begins_with(&other.keys, &self.keys)
            && other.sparse == declared.sparse
            && other.hidden == declared.hidden
            && same_collation(declared.collation.as_ref(), other.collation.as_ref())
            && same_partial(self.partial.as_ref(), other.partial.as_ref())
            && declared.expire_after.is_none_or(|after| other.expire_after == Some(after.into()))
    }

    /// Whether an index that can be used as this one does more than is declared: it refuses or deletes documents, or has
    /// another name than the written one.
    pub(super) fn exceeds(&self, other: &IndexSpec) -> bool {
        let Some(declared) = &self.declared else { return false };
        let same = same_keys(&other.keys, &self.keys);
        same && other.unique && !self.unique
            || same && other.expire_after.is_some() && declared.expire_after.is_none()
            || declared.name.is_some_and(|name| name != other.name)
    }

    /// Whether an existing index has the fields or the name of this one, and may exist in its place.
    pub(super) fn is_similar_to(&self, other: &IndexSpec) -> bool {
        // a partial index and one on all documents can exist side by side
        same_keys(&other.keys, &self.keys)
            && (self.partial.is_some() == other.partial.is_some() || self.supersedes(other))
            || self.declared.is_some() && other.name == self.name()
    }

    /// Whether `other` is the unique index that EarnORM made for the model before it marked deleted documents. It refuses the
    /// values of deleted documents.
    fn is_without_mark(&self, other: &IndexSpec) -> bool {
        let before = self.clone().with_deleted();
        self.excepts_deleted && before.is_satisfied_by(other) && other.name == default_name(&before.keys)
    }

    /// Whether `other` is the unique index that an earlier version of EarnORM made instead of this one. It was on all
    /// documents, on those in which the key exists, or on fewer types, and refuses more documents.
    pub(super) fn supersedes(&self, other: &IndexSpec) -> bool {
        if self.is_without_mark(other) {
            return true;
        }
        let (Some(part), true, None) = (&self.partial, self.unique, &self.declared) else { return false };
        let theirs = other.partial.clone().unwrap_or_default();
        let is_key = |name: &str| self.keys.contains_key(name);
        let besides = |part: &Document| part.iter().filter(|(name, _)| !is_key(name)).count();
        other.unique
            && theirs != *part
            && same_keys(&other.keys, &self.keys)
            && (other.name.starts_with(&self.name()) || theirs.is_empty() && self.name().starts_with(&other.name))
            && (theirs.is_empty() || besides(&theirs) == besides(part))
            && theirs.iter().all(|(name, value)| is_key(name) || part.get(name) == Some(value))
    }

    /// Whether a server keeps both beside each other although they have the same fields.
    fn differs_from(&self, other: &IndexSpec) -> bool {
        let declared = self.declared.clone().unwrap_or_default();
        self.unique != other.unique
            || declared.sparse != other.sparse
            || !same_partial(self.partial.as_ref(), other.partial.as_ref())
            || !same_collation(declared.collation.as_ref(), other.collation.as_ref())
    }

    /// The name of this index, with a number if an index that it supersedes, or another one with the same fields, has the
    /// name. A written name is kept.
    pub(super) fn free_name(&self, existing: &[IndexSpec]) -> String {
        let name = self.name();
        let is_replaced = |index: &IndexSpec| {
            self.supersedes(index) || same_keys(&index.keys, &self.keys) && self.differs_from(index)
        };
        let taken = |name: &str| existing.iter().any(|index| index.name == name && is_replaced(index));
        let is_written = self.declared.as_ref().is_some_and(|declared| declared.name.is_some());
        let mut numbered = (2..).map(|number| format!("{name}_{number}"));
        if !is_written && taken(&name) { numbered.find(|name| !taken(name)).unwrap_or(name) } else { name }
    }
}

/// An existing index that isn't needed any more.
pub(super) struct Superfluous<'a> {
    pub(super) index: &'a IndexSpec,
    /// EarnORM would have made it, or a declared index has replaced it.
    pub(super) is_superseded: bool,
}

/// The existing indexes that others have replaced. `exists` says whether a needed index exists.
pub(super) fn superfluous<'a>(
    existing: &'a [IndexSpec],
    needed: &[NeededIndex],
    exists: impl Fn(&NeededIndex) -> bool,
) -> Vec<Superfluous<'a>> {
    let mut found = Vec::new();
    for index in existing.iter().filter(|index| index.name != "_id_") {
        let is_replaced = needed.iter().any(|one| one.supersedes(index) && exists(one));
        // an index that refuses too many documents may still serve the reads of another needed one
        if needed.iter().any(|one| (one.unique || !is_replaced) && one.is_satisfied_by(index)) {
            continue;
        }
        let covering = || {
            needed
                .iter()
                .filter(|one| is_plain(index) && one.is_general() && begins_with(&one.keys, &index.keys) && exists(one))
        };
        let is_declared = covering().any(|one| one.declared.is_some());
        if is_replaced || covering().next().is_some() {
            let is_superseded = is_replaced || is_declared || has_default_name(index);
            found.push(Superfluous { index, is_superseded });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use mongodb::IndexModel;
    use mongodb::bson::{Document, doc};
    use mongodb::options::IndexOptions;

    use super::{IndexSpec, is_plain, same_collation, spec, superfluous};
    use crate::index::needed::{Declared, NeededIndex};

    fn existing(keys: Document, name: &str) -> IndexSpec {
        let options = IndexOptions::builder().name(name.to_owned()).build();
        spec("users", IndexModel::builder().keys(keys).options(options).build())
    }

    fn declared(keys: Document) -> NeededIndex {
        NeededIndex { declared: Some(Declared::default()), ..NeededIndex::new("users", keys) }
    }

    #[test]
    fn a_text_index_is_recognized_by_its_weights() {
        let options = IndexOptions::builder().name("search".to_owned()).weights(doc! { "body": 1, "title": 1 }).build();
        let keys = doc! { "year": 1, "_fts": "text", "_ftsx": 1, "pages": -1 };
        let there = spec("books", IndexModel::builder().keys(keys).options(options).build());
        assert_eq!(there.keys, doc! { "year": 1, "body": "text", "title": "text", "pages": -1 });
        assert!(!is_plain(&there));
        let mine = declared(doc! { "year": 1, "title": "text", "body": "text", "pages": -1 });
        assert!(mine.is_satisfied_by(&there));
        assert!(!declared(doc! { "year": 1, "title": "text", "pages": -1 }).is_satisfied_by(&there));
        assert!(!declared(doc! { "title": "text", "body": "text" }).is_satisfied_by(&there));
        // an index that begins with words doesn't serve a plain one
        assert!(!declared(doc! { "year": 1 }).is_satisfied_by(&existing(doc! { "year": "hashed" }, "year_hashed")));
        assert!(declared(doc! { "year": "hashed" }).is_satisfied_by(&existing(doc! { "year": "hashed" }, "x")));
    }

    #[test]
    fn a_collation_is_compared_without_the_defaults_that_a_server_adds() {
        let there = doc! {
            "locale": "en", "caseLevel": false, "caseFirst": "off", "strength": 2, "numericOrdering": false,
            "alternate": "non-ignorable", "maxVariable": "punct", "normalization": false, "backwards": false,
        };
        let wanted = doc! { "locale": "en", "strength": 2_i64 };
        assert!(same_collation(Some(&wanted), Some(&there)));
        for other in [doc! { "locale": "en" }, doc! { "locale": "de", "strength": 2 }] {
            assert!(!same_collation(Some(&other), Some(&there)), "{other}");
        }
        let numeric = doc! { "locale": "en", "strength": 2, "numericOrdering": true };
        assert!(!same_collation(Some(&numeric), Some(&there)));
        assert!(!same_collation(Some(&wanted), None) && !same_collation(None, Some(&there)));
        assert!(same_collation(Some(&doc! { "locale": "simple" }), None));
    }

    #[test]
    fn a_name_is_free_beside_an_index_that_it_replaces() {
        let unique = NeededIndex { unique: true, ..declared(doc! { "mail": 1 }) };
        let plain = existing(doc! { "mail": 1 }, "mail_1");
        assert_eq!(unique.free_name(std::slice::from_ref(&plain)), "mail_1_2");
        assert_eq!(unique.free_name(&[existing(doc! { "mail": 1 }, "x")]), "mail_1");
        let named = Declared { name: Some("mail_1"), ..Declared::default() };
        let named = NeededIndex { declared: Some(named), ..unique.clone() };
        assert_eq!(named.free_name(&[plain]), "mail_1", "a written name is kept");
    }

    #[test]
    fn only_plain_indexes_that_another_one_covers_are_superfluous() {
        let id = existing(doc! { "_id": 1 }, "_id_");
        let old = existing(doc! { "a": 1 }, "mine");
        let special = IndexSpec { sparse: true, ..existing(doc! { "a": 1 }, "a_1_sparse") };
        let all = [id, old, special, existing(doc! { "b": 1 }, "b_1"), existing(doc! { "a": 1, "b": 1 }, "a_1_b_1")];
        let names = |needed: &NeededIndex, exists: bool| -> Vec<(String, bool)> {
            let found = superfluous(&all, std::slice::from_ref(needed), |_| exists);
            found.into_iter().map(|one| (one.index.name.clone(), one.is_superseded)).collect()
        };
        let keys = doc! { "a": 1, "b": 1 };
        assert_eq!(names(&declared(keys.clone()), true), [("mine".to_owned(), true)]);
        assert_eq!(names(&declared(keys.clone()), false), []);
        // EarnORM wouldn't have given it this name
        assert_eq!(names(&NeededIndex::new("users", keys.clone()), true), [("mine".to_owned(), false)]);
        let partial = NeededIndex { partial: Some(doc! { "x": 1 }), ..declared(keys) };
        assert_eq!(names(&partial, true), []);
        // the index on `_id` always exists, even if another one begins with it
        assert_eq!(names(&declared(doc! { "_id": 1, "a": 1 }), true), []);
    }
}
