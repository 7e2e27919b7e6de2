//! The tags of keys that can refer to several models.

use mongodb::bson::{Bson, Document, doc};

use super::key_path::KeyPath;
use super::tables::{KeyTag, ModelMetadata, Target};

impl Target {
    /// The models, in the order of the variants.
    pub fn models(&self) -> impl Iterator<Item = &'static ModelMetadata> {
        let (one, several) = match self {
            Self::One(model) => (Some(model()), &[][..]),
            Self::Any(variants) => (None, *variants),
        };
        one.into_iter().chain(several.iter().map(|variant| (variant.model)()))
    }
}

impl KeyTag {
    /// For the variant with this tag.
    pub(crate) const fn of(self, value: &'static str) -> Self {
        Self { value, ..self }
    }

    /// The condition that a document has the tag.
    pub(crate) fn filter(&self) -> Document {
        doc! { self.field: self.value }
    }

    /// The condition that `ids` holds for the key and that the tag is beside it, in the same element of each array.
    pub(crate) fn beside(&self, key: KeyPath, ids: impl FnOnce(&str) -> Document) -> Document {
        beside("", (key.pattern, self.pattern), self.value, ids)
    }

    /// The same for the elements that the outermost array of a path contains; `element` is the name of one of them.
    pub(crate) fn beside_in(&self, element: &str, inner: (&str, &str), ids: impl FnOnce(&str) -> Document) -> Document {
        beside(&format!("{element}."), inner, self.value, ids)
    }

    /// The path of the tag in the innermost array, or in the document.
    pub(crate) fn in_element(&self) -> &'static str {
        self.pattern.rsplit_once("[].").map_or(self.pattern, |(_, name)| name)
    }

    /// The reference to this id, as it is stored and as messages show it: `{ "type": "Post", "id": 1 }`.
    pub(crate) fn reference(&self, key: &str, id: &Bson) -> Document {
        let last = |path: &str| path.rsplit_once('.').map_or(path, |(_, last)| last).to_owned();
        doc! { last(self.field): self.value, last(key): id.clone() }
    }

    /// Whether this is the tag of one of the variants.
    pub(crate) fn is_known(&self, tag: &Bson) -> bool {
        self.variants.iter().any(|variant| tag.as_str() == Some(variant.tag))
    }
}

/// The conditions on a key and on its tag, by their paths. Both lead through the same arrays.
fn beside(at: &str, (key, tag): (&str, &str), value: &str, ids: impl FnOnce(&str) -> Document) -> Document {
    if let (Some((array, key)), Some((_, tag))) = (key.split_once("[]."), tag.split_once("[].")) {
        return doc! { format!("{at}{array}"): { "$elemMatch": beside("", (key, tag), value, ids) } };
    }
    let mut condition = ids(&format!("{at}{key}"));
    condition.insert(format!("{at}{tag}"), value);
    condition
}

#[cfg(test)]
mod tests {
    use mongodb::bson::doc;

    use crate::schema::{KeyPath, KeyTag, ModelMetadata, VariantMetadata};

    #[test]
    fn a_key_and_its_tag_are_in_the_same_element() {
        let variants = &[VariantMetadata { tag: "Post", model: || &ModelMetadata::UNKNOWN }];
        let tag = |pattern, field| KeyTag { field, value: "Post", variants, nullable: false, pattern, whole: None };
        let one = KeyPath::single("about.id");
        let ids = |key: &str| doc! { key: 1 };
        assert_eq!(tag("about.type", "about.type").beside(one, ids), doc! { "about.id": 1, "about.type": "Post" });
        let nested = KeyPath { pattern: "a.b[].c[].d.id", is_array: false };
        assert_eq!(
            tag("a.b[].c[].d.type", "a.b.c.d.type").beside(nested, ids),
            doc! { "a.b": { "$elemMatch": { "c": { "$elemMatch": { "d.id": 1, "d.type": "Post" } } } } }
        );
    }
}
