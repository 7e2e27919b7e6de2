//! Models that share a collection: their documents are recognized by a tag.

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};
use std::iter;

use mongodb::bson::{Bson, Document, RawDocument, doc};

use super::registry::models;
use super::tables::{ModelMetadata, ModelTag};

/// The documents of a model: a collection, or those with a tag in it. What a command matches of them depends on whether
/// they are deleted, if the model marks deleted documents.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Documents {
    pub(crate) collection: &'static str,
    pub(crate) tag: Option<ModelTag>,
    /// The stored name of the mark of deleted documents.
    pub(crate) mark: Option<&'static str>,
    pub(crate) visible: Visible,
}

/// Which documents a command matches, if the model marks deleted ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Visible {
    /// Those that aren't deleted.
    #[default]
    Live,
    /// Those that aren't deleted, and those that a delete without a transaction has marked and not yet finished.
    Unfinished,
    /// Those that are deleted.
    Deleted,
    /// Deleted or not.
    All,
}

/// The member of a mark that says that its delete isn't finished.
pub(crate) const OPEN: &str = "open";

/// Which documents these are, without the ones that a command matches of them.
impl PartialEq for Documents {
    fn eq(&self, other: &Self) -> bool {
        self.place() == other.place()
    }
}

impl Eq for Documents {}

impl PartialOrd for Documents {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Documents {
    fn cmp(&self, other: &Self) -> Ordering {
        self.place().cmp(&other.place())
    }
}

impl Hash for Documents {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.place().hash(state);
    }
}

impl From<&'static ModelMetadata> for Documents {
    fn from(model: &'static ModelMetadata) -> Self {
        model.documents()
    }
}

impl ModelMetadata {
    /// The documents of the model that aren't deleted.
    pub(crate) const fn documents(&self) -> Documents {
        let (tag, mark) = (self.config.tag, self.config.soft_delete);
        Documents { collection: self.collection, tag, mark, visible: Visible::Live }
    }
}

impl Documents {
    /// All documents of a collection.
    pub(crate) const fn all_in(collection: &'static str) -> Self {
        Self { collection, tag: None, mark: None, visible: Visible::All }
    }

    /// The same documents, of which a command matches others.
    pub(crate) const fn visible(self, visible: Visible) -> Self {
        Self { visible, ..self }
    }

    /// The same documents, deleted or not.
    pub(crate) const fn with_deleted(self) -> Self {
        self.visible(Visible::All)
    }

    const fn place(&self) -> (&'static str, Option<ModelTag>) {
        (self.collection, self.tag)
    }

    /// The condition on the tag; empty for a whole collection.
    pub(crate) fn tag_filter(self) -> Document {
        self.tag.map_or_else(Document::new, |tag| doc! { tag.field: tag.value })
    }

    /// The condition on the mark of deleted documents; empty if deleted documents match, or aren't marked.
    pub(crate) fn mark_filter(self) -> Document {
        let Some(mark) = self.mark else { return Document::new() };
        match self.visible {
            // a missing mark too
            Visible::Live => doc! { mark: Bson::Null },
            Visible::Unfinished => doc! { "$or": [{ mark: Bson::Null }, { format!("{mark}.{OPEN}"): true }] },
            Visible::Deleted => doc! { mark: { "$ne": Bson::Null } },
            Visible::All => Document::new(),
        }
    }

    /// The condition on the tag and on the mark; empty for a whole collection.
    pub(crate) fn filter(self) -> Document {
        let mut filter = self.tag_filter();
        filter.extend(self.mark_filter());
        filter
    }

    /// The filter, restricted to these documents.
    pub(crate) fn only(self, mut filter: Document) -> Document {
        for (field, value) in self.filter() {
            match filter.get(&field) {
                None => {
                    filter.insert(field, value);
                }
                Some(known) if *known == value => {}
                Some(_) => filter = doc! { "$and": [filter, { field: value }] },
            }
        }
        filter
    }

    /// Whether all of `other` are among these documents.
    pub(crate) fn covers(self, other: Self) -> bool {
        self.collection == other.collection && (self.tag.is_none() || self.tag == other.tag)
    }

    /// Whether a document can be one of both.
    pub(crate) fn overlaps(self, other: Self) -> bool {
        self.covers(other) || other.covers(self)
    }

    /// Whether a stored document of the collection is one of these.
    pub(crate) fn contains(self, document: &RawDocument) -> bool {
        self.tag.is_none_or(|tag| document.get_str(tag.field).is_ok_and(|value| value == tag.value))
    }

    /// The name of the collection, with the tag if there is one.
    pub(crate) fn label(self) -> String {
        match self.tag {
            None => self.collection.to_owned(),
            Some(tag) => format!("{} {}={}", self.collection, tag.field, tag.value),
        }
    }
}

/// The models as which the documents of a model are handled: rules and hooks apply to each document by its tag.
#[derive(Debug, Clone)]
pub(crate) struct Kinds {
    model: &'static ModelMetadata,
    /// The linked models with a tag in the collection, if `model` has none.
    tagged: Vec<&'static ModelMetadata>,
}

impl Kinds {
    pub(crate) fn of(model: &'static ModelMetadata) -> Self {
        let mut tagged: Vec<&'static ModelMetadata> = Vec::new();
        if model.config.tag.is_none() {
            // one model for each tag: those that an enum names, then those of the same module
            let here = |kind: &&ModelMetadata| kind.config.tag.is_some() && kind.collection == model.collection;
            let (near, far): (Vec<_>, Vec<_>) = models().filter(here).partition(|kind| kind.module == model.module);
            for kind in model.config.kinds.iter().copied().chain(near).chain(far) {
                if !tagged.iter().any(|other| other.config.tag == kind.config.tag) {
                    tagged.push(kind);
                }
            }
        }
        Self { model, tagged }
    }

    /// Whether all documents are handled as the model itself.
    pub(crate) fn is_single(&self) -> bool {
        self.tagged.is_empty()
    }

    /// The model itself, for documents with another tag or none, and its kinds.
    pub(crate) fn each(&self) -> impl Iterator<Item = &'static ModelMetadata> {
        iter::once(self.model).chain(self.tagged.iter().copied())
    }

    /// The model as which a stored document is handled.
    pub(crate) fn of_document(&self, document: &RawDocument) -> &'static ModelMetadata {
        let kind = self.tagged.iter().find(|kind| kind.documents().contains(document));
        kind.copied().unwrap_or(self.model)
    }

    /// The projection that [`of_document`](Self::of_document) needs, with the id.
    pub(crate) fn projection(&self) -> Document {
        let fields = self.tagged.iter().filter_map(|kind| kind.config.tag).map(|tag| tag.field);
        iter::once("_id").chain(fields).map(|field| (field.to_owned(), Bson::Int32(1))).collect()
    }
}

#[cfg(test)]
mod tests {
    use mongodb::bson::doc;

    use super::{Documents, Visible};
    use crate::schema::ModelTag;

    #[test]
    fn a_filter_never_loses_the_tag() {
        let tag = Some(ModelTag { field: "kind", value: "car" });
        let cars = Documents { tag, ..Documents::all_in("vehicles") };
        assert_eq!(cars.only(doc! {}), doc! { "kind": "car" });
        assert_eq!(cars.only(doc! { "doors": 4 }), doc! { "doors": 4, "kind": "car" });
        assert_eq!(cars.only(cars.only(doc! { "doors": 4 })), doc! { "doors": 4, "kind": "car" });
        assert_eq!(cars.only(doc! { "kind": "truck" }), doc! { "$and": [{ "kind": "truck" }, { "kind": "car" }] });
        let either = doc! { "$or": [{ "kind": "truck" }, { "doors": 4 }] };
        let mut both = either.clone();
        both.insert("kind", "car");
        assert_eq!(cars.only(either), both);
        assert_eq!(Documents::all_in("vehicles").only(doc! { "doors": 4 }), doc! { "doors": 4 });
    }

    #[test]
    fn a_filter_never_loses_the_mark() {
        let all = Documents { mark: Some("deleted"), ..Documents::all_in("users") };
        let live = all.visible(Visible::Live);
        assert_eq!(all.only(doc! { "a": 1 }), doc! { "a": 1 });
        assert_eq!(live.only(doc! { "a": 1 }), doc! { "a": 1, "deleted": null });
        assert_eq!(live.only(live.only(doc! { "a": 1 })), doc! { "a": 1, "deleted": null });
        let marked = doc! { "deleted": { "$ne": null } };
        assert_eq!(all.visible(Visible::Deleted).only(doc! {}), marked);
        assert_eq!(live.only(marked.clone()), doc! { "$and": [marked, { "deleted": null }] });
        let unfinished = doc! { "$or": [{ "deleted": null }, { "deleted.open": true }] };
        assert_eq!(all.visible(Visible::Unfinished).only(doc! {}), unfinished);
        let either = doc! { "$or": [{ "a": 1 }, { "a": 2 }] };
        assert_eq!(all.visible(Visible::Unfinished).only(either.clone()), doc! { "$and": [either, unfinished] });
        assert_eq!(live, all);
    }
}
