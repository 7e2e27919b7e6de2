//! Models that share a collection: their documents are recognized by a tag.

use std::iter;

use mongodb::bson::{Bson, Document, RawDocument, doc};

use super::registry::models;
use super::tables::{ModelMetadata, ModelTag};

/// The documents of a model: a collection, or those with a tag in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Documents {
    pub(crate) collection: &'static str,
    pub(crate) tag: Option<ModelTag>,
}

impl From<&'static ModelMetadata> for Documents {
    fn from(model: &'static ModelMetadata) -> Self {
        model.documents()
    }
}

impl ModelMetadata {
    pub(crate) const fn documents(&self) -> Documents {
        Documents { collection: self.collection, tag: self.config.tag }
    }
}

impl Documents {
    /// All documents of a collection.
    pub(crate) const fn all_in(collection: &'static str) -> Self {
        Self { collection, tag: None }
    }

    /// The condition on the tag; empty for a whole collection.
    pub(crate) fn filter(self) -> Document {
        self.tag.map_or_else(Document::new, |tag| doc! { tag.field: tag.value })
    }

    /// The filter, restricted to these documents.
    pub(crate) fn only(self, mut filter: Document) -> Document {
        let Some(tag) = self.tag else { return filter };
        match filter.get(tag.field) {
            None => {
                filter.insert(tag.field, tag.value);
                filter
            }
            Some(Bson::String(value)) if value == tag.value => filter,
            Some(_) => doc! { "$and": [filter, self.filter()] },
        }
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

    use super::Documents;
    use crate::schema::ModelTag;

    #[test]
    fn a_filter_never_loses_the_tag() {
        let cars = Documents { collection: "vehicles", tag: Some(ModelTag { field: "kind", value: "car" }) };
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
}
